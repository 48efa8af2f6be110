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

  private final class Mask: Sendable {
    let mask = Atomic<UInt64>(0)
    /// What the mask becomes; the mask itself unless that is being changed.
    let next = Atomic<UInt64>(0)
    let changes = Atomic<UInt64>(0)
  }

  /// Devices from here on are not judged.
  private static let most = 8
  /// Those of each device, one for each kind.
  private let masks = (0..<most * DMAMask.allCases.count).map { _ in Mask() }

  /// Begins anew with what devices can address when they are probed; only when nobody runs.
  func reset(_ configuration: DMAConfiguration, boundary: UInt64) {
    for device in configuration.devices.indices {
      for kind in DMAMask.allCases {
        guard let mask = self[device, kind] else { continue }
        let first = configuration.firstMask(of: device, kind, boundary: boundary).raw
        mask.mask.store(first, ordering: .relaxed)
        mask.next.store(first, ordering: .relaxed)
        mask.changes.store(0, ordering: .relaxed)
      }
    }
  }

  /// Notes that a mask is changed next.
  func begin(_ mask: PFN, _ device: Int, _ kind: DMAMask) {
    guard let device = self[device, kind] else { return }
    device.next.store(mask.raw, ordering: .releasing)
    device.changes.wrappingAdd(1, ordering: .acquiringAndReleasing)
  }

  /// Notes that it was changed.
  func end(_ device: Int, _ kind: DMAMask) {
    guard let device = self[device, kind] else { return }
    device.mask.store(device.next.load(ordering: .relaxed), ordering: .releasing)
    device.changes.wrappingAdd(1, ordering: .acquiringAndReleasing)
  }

  /// What a device can address now.
  func reading(of device: Int, _ kind: DMAMask) -> Reading {
    guard let device = self[device, kind] else { return Reading(highest: PFN(.max)) }
    let changes = device.changes.load(ordering: .acquiring)
    return Reading(highest: highest(device), changes: changes)
  }

  /// The highest page that a device could address at any time since a reading; nil if its mask was
  /// changed so often meanwhile that nobody knows.
  func highest(of number: Int, _ kind: DMAMask, since start: Reading) -> PFN? {
    guard let device = self[number, kind] else { return nil }
    let highest = highest(device)
    let changes = device.changes.load(ordering: .acquiring)
    // What the change in progress replaces, and leads to, and what the next one leads to.
    return changes &- start.changes > 2 ? nil : max(highest, start.highest)
  }

  private func highest(_ device: Mask) -> PFN {
    let mask = device.mask.load(ordering: .acquiring)
    return PFN(max(mask, device.next.load(ordering: .acquiring)))
  }

  private subscript(number: Int, kind: DMAMask) -> Mask? {
    (0..<Self.most).contains(number)
      ? masks[number * DMAMask.allCases.count + Int(kind.rawValue)] : nil
  }
}
