import IOVA
import Synchronization

/// What the devices of a domain can address, as their drivers said and while they say it.
///
/// One driver at a time changes a mask; whoever maps reads it once, at any time during the call.
final class DeviceMasks: Sendable {
  /// What a mask was at some moment.
  struct Reading {
    /// The highest page that the device can address, inclusive; of two while that changes.
    var highest = PFN(0)
    /// Changes that had begun, and those that had ended.
    var changes: UInt64 = 0
  }

  private final class Device: Sendable {
    let mask = Atomic<UInt64>(0)
    /// What the mask becomes; the mask itself unless that is being changed.
    let next = Atomic<UInt64>(0)
    let changes = Atomic<UInt64>(0)
  }

  /// Devices from here on are not judged.
  private static let most = 8
  private let devices = (0..<most).map { _ in Device() }

  /// Begins anew with what devices can address when they are probed; only when nobody runs.
  func reset(_ configuration: DMAConfiguration, boundary: UInt64) {
    for (number, device) in devices.prefix(configuration.devices.count).enumerated() {
      let mask = configuration.firstMask(of: number, boundary: boundary)
      device.mask.store(mask.raw, ordering: .relaxed)
      device.next.store(mask.raw, ordering: .relaxed)
      device.changes.store(0, ordering: .relaxed)
    }
  }

  /// Notes that a mask is changed next.
  func begin(_ mask: PFN, _ device: Int) {
    guard let device = self[device] else { return }
    device.next.store(mask.raw, ordering: .releasing)
    device.changes.wrappingAdd(1, ordering: .acquiringAndReleasing)
  }

  /// Notes that it was changed.
  func end(_ device: Int) {
    guard let device = self[device] else { return }
    device.mask.store(device.next.load(ordering: .relaxed), ordering: .releasing)
    device.changes.wrappingAdd(1, ordering: .acquiringAndReleasing)
  }

  /// What a device can address now.
  func reading(of device: Int) -> Reading {
    guard let device = self[device] else { return Reading(highest: PFN(.max)) }
    let changes = device.changes.load(ordering: .acquiring)
    return Reading(highest: highest(device), changes: changes)
  }

  /// The highest page that a device could address at any time since a reading; nil if its mask was
  /// changed so often meanwhile that nobody knows.
  func highest(of number: Int, since start: Reading) -> PFN? {
    guard let device = self[number] else { return nil }
    let highest = highest(device)
    let changes = device.changes.load(ordering: .acquiring)
    // What the change in progress replaces, and leads to, and what the next one leads to.
    return changes &- start.changes > 2 ? nil : max(highest, start.highest)
  }

  private func highest(_ device: Device) -> PFN {
    let mask = device.mask.load(ordering: .acquiring)
    return PFN(max(mask, device.next.load(ordering: .acquiring)))
  }

  private subscript(_ number: Int) -> Device? {
    devices.indices.contains(number) ? devices[number] : nil
  }
}
