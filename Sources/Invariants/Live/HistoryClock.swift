import Synchronization

/// Numbers the beginnings and ends of calls on all CPUs, in one order that agrees with real time.
///
/// Relaxed is enough: what happens before something else has the lower number, since all touch one
/// atomic word. Only the end of a call's interval that a witness uses is worth the traffic of an
/// addition; the other end is read, which makes the interval at most wider, never wrong.
final class HistoryClock: Sendable {
  private let count = Atomic<UInt64>(0)

  init() {}

  /// A number of its own: odd, and above all that were seen before.
  @inline(__always)
  func tick() -> UInt64 { 2 &* count.add(1, ordering: .relaxed).oldValue &+ 1 }

  /// A number between those of the ticks before and after: even.
  @inline(__always)
  func look() -> UInt64 { 2 &* count.load(ordering: .relaxed) }

  /// Begins anew; only when nobody runs.
  func reset() { count.store(0, ordering: .relaxed) }
}
