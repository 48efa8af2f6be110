import IOVA

/// Searches for an order of the calls of one part that is right and respects real time.
///
/// Wing and Gong, "Testing and Verifying Concurrent Objects" (1993): choose a call before whose
/// invocation no other open call ended, apply it, go on, and backtrack if that leads nowhere. Lowe,
/// "Testing for Linearizability" (2017): never visit the same set of finished calls with the same
/// state twice. The state matters as well, since `free` gives back whichever range its pfn lies in:
/// the same calls in another order may leave another range granted.
struct HistorySearch {
  enum Outcome: Hashable {
    case found
    case impossible
    /// More states were visited than allowed.
    case gaveUp
  }

  /// What a call does, with ranges as numbers.
  private enum Step {
    case grants(Int)
    /// Gives back the granted one of these ranges.
    case givesBack(HistoryBits)
    case splits(HistoryBits, [Int])
  }

  private struct Configuration: Hashable {
    var done: HistoryBits
    var granted: HistoryBits
  }

  /// The state before a call was chosen.
  private struct Choice {
    let call: Int
    let granted: HistoryBits
    let firstOpen: Int
  }

  private let calls: [HistoryCall]
  private var steps: [Step] = []
  /// The different ranges that are ever granted, and for each the ranges that it overlaps.
  private var ranges: [PFNRange] = []
  private var conflicts: [HistoryBits] = []
  private var now: Configuration
  /// All calls below this are done.
  private var firstOpen = 0
  /// Distinct states visited.
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

  /// Searches until an order is found, all have been tried, or too many states were visited.
  ///
  /// Exponential at worst; with p CPUs of m calls each, at most (m + 1)^p sets of calls.
  mutating func run(mostStates: Int) -> Outcome {
    var seen: Set<Configuration> = []
    var choices: [Choice] = []
    // A call that still runs may have had no effect yet.
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

  /// The next call, at or after a place, that may come next and is right now.
  private func nextCall(from candidate: Int) -> Int? {
    var earliestEnd = UInt64.max
    var end = firstOpen
    while end < calls.count, calls[end].invocation <= earliestEnd {
      if !now.done.contains(end) { earliestEnd = min(earliestEnd, calls[end].response ?? .max) }
      end += 1
    }
    // A call that lowers the bound begins, and so ends, no earlier than those before it begin.
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
