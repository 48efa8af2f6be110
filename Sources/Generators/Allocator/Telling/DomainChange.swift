import IOVA

extension DomainEvent {
  /// What changed; nil for calls that begin and end, and for what other events describe better.
  var change: Change? {
    switch self {
    // Within a map, that is the attempt below 32 bits, which may show nowhere else.
    case .ended(.allocateFast, nil): .note("attempt", Change.failing)
    case .began, .ended, .flushed, .drained, .returnedNothing, .memoryRefused: nil
    case .allocated(let range, _): .range("tree", "+", "\(range)")
    case .allocationFailed(let request):
      request.byShortcut ? .note("shortcut", "refuses it") : .note("tree", Change.noRoom)
    case .removed(let range, _): .range("tree", "−", "\(range)")
    case .reserved(let range, let isReserved):
      isReserved ? .range("tree", "+", "\(range)") : .note("tree", "refuses \(range)")
    case .found(let pfn, let range):
      .note("tree", range.map { "has \($0) at \(pfn)" } ?? "has nothing at \(pfn)")
    case .split(_, let part): .range("tree", "−", "\(part)")
    case .cached(let pfn, _): .range("magazine", "+", "\(pfn)")
    case .taken(let pfn, _, _): .range("magazine", "−", "\(pfn)")
    case .missed: .note("magazine", Change.missed)
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
  fileprivate var change: Change? {
    switch self {
    case .requested, .settingMask, .mapping, .clearing, .clearingPart, .accessing: nil
    case .mapped(let range, _, _): .note("mapping", "+\(range)")
    case .maskSet(let device, .streaming): .note("mask", "of device \(device) is set")
    case .maskSet(let device, .coherent): .note("coherent mask", "of device \(device) is set")
    case .shadowIsFull(let range): .note("hypervisor", "has no resources for \(range)")
    case .mapFailed: .note("mapping", "fails")
    case .cleared(let range, _, _): .note("mapping", "−\(range)")
    case .clearedPart(let part, let pages, _):
      pages == 0
        ? .note("mapping", "keeps \(part)")
        : .note("mapping", "−\(PFNRange(part.lo, pages: pages))")
    case .forgotten(let range): .note("hardware", "forgets \(range)")
    case .stalled: .note("mapping", "gets nowhere")
    case .mappedAgain(let pfn): .note("mapping", "of \(pfn) is requested again")
    case .triedLow: .note("limit", "is below 32 bits at first")
    case .accessed(let pfn, let found):
      .note("device", found.map { "gets from \(pfn) to \($0.output)" } ?? "faults at \(pfn)")
    case .table(let event): event.change
    }
  }
}

extension TableEvent {
  /// The address of a table does not matter.
  fileprivate var change: Change? {
    switch self {
    case .stored, .made, .flushBegan, .tornDown: nil
    case .linked(_, let reach): .note("table", "of \(reach) is put in place")
    case .lost: .note("table", "comes too late")
    case .unlinked(_, let reach): .note("table", "of \(reach) is taken out")
    case .flushEnded(let range): .note("hardware", "forgets \(range)")
    case .released: .note("table", "is released")
    }
  }
}

extension Change {
  /// The shortcut refuses requests from that many pages on; nil if it refuses none any more.
  static func shortcut(_ pages: UInt64?) -> Self {
    .note("shortcut", pages.map { "refuses \($0) pages and more" } ?? "is reset")
  }

  fileprivate static func range(_ place: String, _ sign: String, _ range: String) -> Self {
    Self(place: place, words: sign + range, isRange: true)
  }

  fileprivate static func note(_ place: String, _ words: String) -> Self {
    Self(place: place, words: words, isRange: false)
  }
}
