import IOVA

/// What one step of a domain changed, in a few words: `magazine +0xf`.
public struct DomainChange: Hashable, Sendable {
  /// Where: `tree`, `magazine`, `depot`.
  public let place: String
  /// What came, went, or was noted there: `+0xf`, `−0xf`, `is empty`.
  public let words: String
  /// Whether a range came or went; such changes can be counted together.
  public let isRange: Bool

  /// `tree +0xf`.
  public var text: String { "\(place) \(words)" }

  static let missed = "has none"
  fileprivate static let noRoom = "has no room"
  fileprivate static let failing = "is in vain"

  /// What a call did inside, of what its answer does not say.
  ///
  /// That an allocation comes out of the tree is what its answer says, and so it is that there was
  /// no room, unless it got a range after all.
  ///
  /// - Parameter answer: as it is printed; nil if it returned nothing.
  static func telling(_ changes: [DomainChange], besides answer: String?) -> [DomainChange] {
    guard let answer, !answer.isEmpty else { return changes }
    let hasRange = answer.hasPrefix("→ 0x")
    return changes.filter { change in
      switch change.words {
      case noRoom, failing: hasRange
      case missed: false
      default: change.place != "tree"
      }
    }
  }

  /// The shortcut refuses requests from so many pages on; nil if none any more.
  static func shortcut(_ pages: UInt64?) -> Self {
    .note("shortcut", pages.map { "refuses \($0) pages and more" } ?? "is reset")
  }

  /// Several changes in one line; more than three ranges of one place are counted.
  static func text(_ changes: [DomainChange]) -> String {
    var parts: [String] = []
    var rest = changes[...]
    while let first = rest.first {
      let sign = first.words.prefix(1)
      let run = rest.prefix {
        first.isRange && $0.isRange && $0.place == first.place && $0.words.hasPrefix(sign)
      }
      if run.count > 3 {
        parts.append("\(first.place) \(sign)\(run.count.of("range"))")
      } else {
        let words = run.isEmpty ? [first.words] : run.map(\.words)
        parts.append("\(first.place) \(words.joined(separator: " "))")
      }
      rest = rest.dropFirst(max(1, run.count))
    }
    return parts.joined(separator: ", ")
  }
}

extension DomainEvent {
  /// What changed; nil for calls that begin and end, and for what other events say better.
  var change: DomainChange? {
    switch self {
    // Within a map that is the attempt below 32 bits; nothing else may tell of it.
    case .ended(.allocateFast, nil): .note("attempt", DomainChange.failing)
    case .began, .ended, .flushed, .drained, .returnedNothing, .memoryRefused: nil
    case .allocated(let range, _): .range("tree", "+", "\(range)")
    case .allocationFailed(let request):
      request.byShortcut ? .note("shortcut", "refuses it") : .note("tree", DomainChange.noRoom)
    case .removed(let range, _): .range("tree", "−", "\(range)")
    case .reserved(let range, let isReserved):
      isReserved ? .range("tree", "+", "\(range)") : .note("tree", "refuses \(range)")
    case .found(let pfn, let range):
      .note("tree", range.map { "has \($0) at \(pfn)" } ?? "has nothing at \(pfn)")
    case .split(_, let part): .range("tree", "−", "\(part)")
    case .cached(let pfn, _): .range("magazine", "+", "\(pfn)")
    case .taken(let pfn, _, _): .range("magazine", "−", "\(pfn)")
    case .missed: .note("magazine", DomainChange.missed)
    case .stored: .note("depot", "+1 magazine")
    case .fetched: .note("depot", "−1 magazine")
    case .checked(_, let wakes): wakes ? .note("depot", "wants its worker") : nil
    case .closing: .note("teardown", "begins")
    case .trimmed(_, let released, _): released ? .note("depot", "−1 magazine") : nil
    case .ringMade: .note("ring", "is made")
    case .queued(let pfn, _, _, _): .range("ring", "+", "\(pfn)")
    case .released(let pfn, _, _): .range("ring", "−", "\(pfn)")
    case .invalidationStarted: .note("invalidation", "begins")
    case .invalidationFinished: .note("invalidation", "ends")
    case .flushTimerArmed: .note("flush timer", "has its flag on")
    case .flushTimerBegan: .note("flush timer", "resets its flag")
    case .flushTimerEnded: nil
    case .dma(let event): event.change
    }
  }
}

extension DMAEvent {
  fileprivate var change: DomainChange? {
    switch self {
    case .requested, .settingMask, .mapping, .clearing, .clearingPart, .accessing: nil
    case .mapped(let range, _, _): .note("mapping", "+\(range)")
    case .maskSet(let device): .note("mask", "of device \(device) is set")
    case .shadowIsFull(let range): .note("hypervisor", "has no resources for \(range)")
    case .mapFailed: .note("mapping", "fails")
    case .cleared(let range, _, _): .note("mapping", "−\(range)")
    case .clearedPart(let part, let pages, _):
      pages == 0
        ? .note("mapping", "keeps \(part)")
        : .note("mapping", "−\(PFNRange(part.lo, pages: pages))")
    case .forgotten(let range): .note("hardware", "forgets \(range)")
    case .stalled: .note("mapping", "gets nowhere")
    case .mappedAgain(let pfn): .note("mapping", "of \(pfn) is asked for once more")
    case .triedLow: .note("limit", "is below 32 bits at first")
    case .accessed(let pfn, let found):
      .note("device", found.map { "gets from \(pfn) to \($0.output)" } ?? "faults at \(pfn)")
    case .table(let event): event.change
    }
  }
}

extension TableEvent {
  /// Where a table lies is of no interest.
  fileprivate var change: DomainChange? {
    switch self {
    case .made, .flushBegan, .tornDown: nil
    case .linked(_, let reach): .note("table", "of \(reach) is put in place")
    case .lost: .note("table", "comes too late")
    case .unlinked(_, let reach): .note("table", "of \(reach) is taken out")
    case .flushEnded(let range): .note("hardware", "forgets \(range)")
    case .released: .note("table", "is released")
    }
  }
}

extension DomainChange {
  fileprivate static func range(_ place: String, _ sign: String, _ range: String) -> Self {
    Self(place: place, words: sign + range, isRange: true)
  }

  fileprivate static func note(_ place: String, _ words: String) -> Self {
    Self(place: place, words: words, isRange: false)
  }
}
