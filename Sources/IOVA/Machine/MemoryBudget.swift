import Synchronization

/// Decides whether an allocation of memory in atomic context succeeds.
///
/// A real machine always grants; a test starves one CPU, or refuses certain requests, and watches
/// what happens.
public struct MemoryBudget: ~Copyable, Sendable {
  private let isLimited = Atomic<Bool>(false)
  private let failing = Atomic<UInt64>(0)
  /// Requests still granted before `failing` begins; used only if a single thread makes them.
  private let credit = Atomic<UInt64>(0)
  private let refused = Atomic<UInt64>(0)
  /// Requests up to and including the one to be refused; 0 if none will be.
  private let countdown = Atomic<UInt64>(0)

  init() {}

  /// How many requests have failed.
  public var refusals: UInt64 { refused.load(ordering: .relaxed) }

  /// Makes every request of `cpu` fail until `feed` is called. CPUs from 63 up share one flag.
  public func starve(_ cpu: CPU) {
    isLimited.store(true, ordering: .relaxed)
    failing.bitwiseOr(bit(cpu), ordering: .relaxed)
  }

  /// Lets the requests of `cpu` succeed again.
  public func feed(_ cpu: CPU) {
    failing.bitwiseAnd(~bit(cpu), ordering: .relaxed)
    credit.store(0, ordering: .relaxed)
  }

  /// Makes the requests of `cpu` fail after `count` more have been granted.
  public func starve(_ cpu: CPU, after count: UInt64) {
    credit.store(count, ordering: .relaxed)
    starve(cpu)
  }

  /// Makes one request fail, the `number`-th from now on, whichever CPU makes it.
  ///
  /// Requests that fail for another reason are not counted.
  public func refuse(request number: UInt64) {
    isLimited.store(true, ordering: .relaxed)
    countdown.store(number, ordering: .relaxed)
  }

  /// Whether the one request to be refused is still to come.
  public var isRefusalDue: Bool { countdown.load(ordering: .relaxed) > 0 }

  /// Grants everything again, and resets the counts; only while nobody runs.
  func reset() {
    guard isLimited.load(ordering: .relaxed) else { return }
    isLimited.store(false, ordering: .relaxed)
    failing.store(0, ordering: .relaxed)
    credit.store(0, ordering: .relaxed)
    countdown.store(0, ordering: .relaxed)
    refused.store(0, ordering: .relaxed)
  }

  /// Whether a request made on `cpu` now is granted.
  @inline(__always)
  func grants(on cpu: CPU) -> Bool {
    if !isLimited.load(ordering: .relaxed) { return true }
    return grantsLimited(on: cpu)
  }

  private func grantsLimited(on cpu: CPU) -> Bool {
    if failing.load(ordering: .relaxed) & bit(cpu) != 0 {
      let left = credit.load(ordering: .relaxed)
      guard left > 0 else {
        refused.add(1, ordering: .relaxed)
        return false
      }
      credit.store(left - 1, ordering: .relaxed)
    }
    return !isTheOneToRefuse()
  }

  private func isTheOneToRefuse() -> Bool {
    while case let left = countdown.load(ordering: .relaxed), left > 0 {
      let isMine = countdown.compareExchange(
        expected: left, desired: left - 1, ordering: .relaxed
      ).exchanged
      guard isMine else { continue }
      if left == 1 { refused.add(1, ordering: .relaxed) }
      return left == 1
    }
    return false
  }

  private func bit(_ cpu: CPU) -> UInt64 { 1 << UInt64(min(cpu.index, 63)) }
}
