import Synchronization

/// Numbers the beginnings and ends of calls on all CPUs, in one order that agrees with real time.
///
/// Relaxed is enough: what happens before something else has the lower number, since all touch one
/// atomic word. Only the end of a call's interval that a witness uses is worth the traffic of an
/// addition; the other end is read, which makes the interval at most wider, never wrong.
struct HistoryClock: ~Copyable, Sendable {
  private let count = Atomic<UInt64>(0)
  /// Whether several threads look at it at once; one needs no atomic addition.
  private let isShared: Bool

  init(isShared: Bool) { self.isShared = isShared }

  /// A number of its own: odd, and above all that were seen before.
  @inline(__always)
  func tick() -> UInt64 {
    if isShared { return 2 &* count.wrappingAdd(1, ordering: .relaxed).oldValue &+ 1 }
    let now = count.load(ordering: .relaxed)
    count.store(now &+ 1, ordering: .relaxed)
    return 2 &* now &+ 1
  }

  /// A number between those of the ticks before and after: even.
  @inline(__always)
  func look() -> UInt64 { 2 &* count.load(ordering: .relaxed) }

  /// Begins anew; only when nobody runs.
  func reset() { count.store(0, ordering: .relaxed) }
}
