import IOVA

/// Looks for an order of the calls of one part that is right, and agrees with real time.
///
/// Wing and Gong, "Testing and Verifying Concurrent Objects" (1993): choose a call before whose
/// invocation no other open call ended, do what it does, go on, and come back if that leads
/// nowhere. Lowe, "Testing for Linearizability" (2017): never go on twice from the same calls done
/// and the same state. The state counts as well, since `free` gives back whatever range its pfn
/// lies in: the same calls in another order may leave another range granted.
struct HistorySearch {
  enum Outcome: Hashable {
    case found
    case impossible
    /// More states were visited than allowed.
    case gaveUp
  }

  /// What a call does, in numbers of ranges.
  private enum Step {
    case grants(Int)
    /// The one granted range among these.
    case givesBack(HistoryBits)
    case splits(HistoryBits, [Int])
  }

  private struct Configuration: Hashable {
    var done: HistoryBits
    var granted: HistoryBits
  }

  /// What was before a call was chosen.
  private struct Choice {
    let call: Int
    let granted: HistoryBits
    let firstOpen: Int
  }

  private let calls: [HistoryCall]
  private var steps: [Step] = []
  /// The different ranges that are ever granted, and for each of them those that it overlaps.
  private var ranges: [PFNRange] = []
  private var conflicts: [HistoryBits] = []
  private var now: Configuration
  /// The calls below are done.
  private var firstOpen = 0
  /// Different states visited.
  private(set) var states = 0

  init(_ part: HistoryPart, _ rules: HistoryRules) {
    calls = part.calls
    let effects = calls.map(rules.effect)
    var numbers: [PFNRange: Int] = [:]
    var found: [PFNRange] = []
    func note(_ range: PFNRange) {
      if numbers.updateValue(numbers[range] ?? found.count, forKey: range) == nil {
        found.append(range)
      }
    }
    for range in part.granted { note(range) }
    for effect in effects { effect.granted.forEach(note) }
    func bits(_ isWanted: (PFNRange) -> Bool) -> HistoryBits {
      var bits = HistoryBits(count: found.count)
      for (index, range) in found.enumerated() where isWanted(range) { bits.insert(index) }
      return bits
    }
    steps = effects.map { effect in
      switch effect {
      case .nothing: .givesBack(bits { _ in false })
      case .grants(let range): .grants(numbers[range]!)
      case .givesBack(let pfn, nil): .givesBack(bits { $0.contains(pfn) })
      case .givesBack(let pfn, let pages?):
        .givesBack(bits { $0 == PFNRange(pfn, pages: pages) })
      case .splits(let whole, _):
        .splits(bits { $0 == whole }, effect.granted.map { numbers[$0]! })
      }
    }
    ranges = found
    conflicts = found.map { range in bits { $0.overlaps(range) } }
    now = Configuration(
      done: HistoryBits(count: calls.count), granted: HistoryBits(count: found.count))
    for range in part.granted { now.granted.insert(numbers[range]!) }
  }

  /// Searches until an order is found, there is none, or too many states were visited.
  ///
  /// Exponential at worst; with p CPUs of m calls at most (m + 1)^p sets of calls.
  mutating func run(mostStates: Int) -> Outcome {
    var seen: Set<Configuration> = []
    var choices: [Choice] = []
    // A call that still runs may have done nothing so far.
    var left = calls.count { $0.response != nil }
    var candidate = 0
    while left > 0 {
      if let call = nextCall(from: candidate) {
        let choice = Choice(call: call, granted: now.granted, firstOpen: firstOpen)
        take(call)
        if seen.insert(now).inserted {
          states += 1
          if states > mostStates { return .gaveUp }
          choices.append(choice)
          if calls[call].response != nil { left -= 1 }
          candidate = firstOpen
        } else {
          undo(choice)
          candidate = call + 1
        }
      } else {
        guard let choice = choices.popLast() else { return .impossible }
        undo(choice)
        if calls[choice.call].response != nil { left += 1 }
        candidate = choice.call + 1
      }
    }
    return .found
  }

  /// The next call at or after a place that may come next, and is right now.
  private func nextCall(from candidate: Int) -> Int? {
    var earliestEnd = UInt64.max
    var end = firstOpen
    while end < calls.count, calls[end].invocation <= earliestEnd {
      if !now.done.contains(end) { earliestEnd = min(earliestEnd, calls[end].response ?? .max) }
      end += 1
    }
    // Whoever lowers the bound begins, and so ends, no earlier than those before it begin.
    let window = max(candidate, firstOpen)..<max(end, candidate, firstOpen)
    return window.first { !now.done.contains($0) && isRight(steps[$0]) }
  }

  private func isRight(_ step: Step) -> Bool {
    switch step {
    case .grants(let range): !now.granted.overlaps(conflicts[range])
    case .givesBack(let any), .splits(let any, _): now.granted.overlaps(any)
    }
  }

  private mutating func take(_ call: Int) {
    switch steps[call] {
    case .grants(let range): now.granted.insert(range)
    case .givesBack(let any): now.granted.subtract(any)
    case .splits(let whole, let pieces):
      now.granted.subtract(whole)
      for piece in pieces { now.granted.insert(piece) }
    }
    now.done.insert(call)
    while firstOpen < calls.count, now.done.contains(firstOpen) { firstOpen += 1 }
  }

  private mutating func undo(_ choice: Choice) {
    now.done.remove(choice.call)
    now.granted = choice.granted
    firstOpen = choice.firstOpen
  }
}
