/// Which locks threads took while they held others, and whether that could have them wait for each
/// other for ever, whether it did or not.
///
/// Goodlock: Havelund, "Using Runtime Analysis to Guide Model Checking of Java Programs" (SPIN
/// 2000); for more than two threads Joshi et al., "A Randomized Dynamic Program Analysis Technique
/// for Detecting Real Deadlocks" (PLDI 2009). Locks above the 64th are not looked at.
final class LockOrder {
  /// A thread took a lock while it held others.
  struct Taking: Hashable {
    let actor: Int
    let lock: Int
    /// The others, a bit each.
    let held: UInt64
  }

  /// By actor, a bit for each lock that it holds.
  private let held = PerCPU<UInt64>(0)
  private let actors: Int
  @exclusivity(unchecked) private(set) var takings: [Taking] = []

  init(actors: Int) { self.actors = actors }

  /// Nobody holds or took anything.
  func clear() {
    held.fill(actors, with: 0)
    if !takings.isEmpty { takings.removeAll(keepingCapacity: true) }
  }

  @inline(__always)
  func take(_ lock: Int, _ actor: Int) {
    guard lock < 64 else { return }
    if held[actor] != 0 { note(lock, actor) }
    held[actor] |= 1 << UInt64(lock)
  }

  @inline(__always)
  func release(_ lock: Int, _ actor: Int) {
    guard lock < 64 else { return }
    held[actor] &= ~(1 << UInt64(lock))
  }

  @inline(never)
  private func note(_ lock: Int, _ actor: Int) {
    let taking = Taking(actor: actor, lock: lock, held: held[actor])
    if !takings.contains(taking) { takings.append(taking) }
  }

  /// Takings of several threads, each of a lock that the next one holds, and the last one's held by
  /// the first; nil if there are none. O(takings to the power of threads), of which there are few.
  var inversion: [Taking]? {
    guard takings.count > 1 else { return nil }
    for first in takings {
      if let chain = closed([first]) { return chain }
    }
    return nil
  }

  private func closed(_ chain: [Taking]) -> [Taking]? {
    let last = chain[chain.count - 1]
    if chain.count > 1, chain[0].held & (1 << UInt64(last.lock)) != 0 { return chain }
    let wanted: UInt64 = 1 << UInt64(last.lock)
    for next in takings where next.actor > chain[0].actor && next.held & wanted != 0 {
      // A lock that two of them hold keeps one of them out.
      let isFree = chain.allSatisfy { $0.actor != next.actor && $0.held & next.held == 0 }
      if isFree, let chain = closed(chain + [next]) { return chain }
    }
    return nil
  }
}
