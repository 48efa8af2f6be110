import IOVA

/// The sequential allocator that histories are compared with: what a call does, and when it is
/// right.
///
/// An allocation grants a range of the requested length and alignment within the limit, which
/// overlaps nothing that is granted and not yet given back. Giving back is right if the range is
/// granted at that moment: `free` takes any pfn of it (rule 27), `freeFast` and `deferFree` its
/// first pfn and length. A call that gives back what is not granted is wrong, even though the
/// allocator may ignore it.
///
/// A failed allocation is always right. Ranges in magazines and depots have no owner but are still
/// taken, and memory may be refused; callers see neither, so a law that judged failures here would
/// find false mistakes. Failures are judged under T, where all of this is known (I8). Reservations
/// come before the first call (rule 30), and are judged by I30.
public struct HistoryRules: Hashable, Sendable {
  /// The lowest pfn that may be granted.
  public var start: UInt64
  /// Whether the fast calls round sizes below 32 up to powers of two (rule 34).
  public var roundsSizes: Bool

  public init(start: UInt64 = 1, roundsSizes: Bool = true) {
    self.start = start
    self.roundsSizes = roundsSizes
  }

  /// The length that a fast request actually gets (rule 34).
  @inline(__always)
  func granted(_ pages: UInt64) -> UInt64 {
    guard roundsSizes, pages > 1, pages < 32 else { return pages }
    return 1 &<< UInt64(64 &- (pages &- 1).leadingZeroBitCount)
  }

  /// The effect of a call on the ranges that are granted.
  func effect(of call: HistoryCall) -> HistoryEffect {
    switch call.request {
    case .call(.allocate(let pages, _, _)):
      call.answer.map { .grants(PFNRange($0, pages: pages)) } ?? .nothing
    case .call(.allocateFast(let pages, _, _)):
      call.answer.map { .grants(PFNRange($0, pages: granted(pages))) } ?? .nothing
    case .call(.free(let pfn)): .givesBack(pfn, nil)
    case .call(.freeFast(let pfn, let pages)), .call(.deferFree(let pfn, let pages)):
      .givesBack(pfn, granted(pages))
    case .split(let whole, let part): .splits(whole, part)
    }
  }

  /// What is wrong with an answer whatever is granted at that moment; nil if nothing.
  func mistake(in call: HistoryCall) -> String? {
    guard case .grants(let range) = effect(of: call) else { return nil }
    switch call.request {
    case .call(.allocate(let pages, let limit, let aligned)):
      return mistake(range, pages, limit, aligned)
    case .call(.allocateFast(let pages, let limit, _)): return mistake(range, pages, limit, true)
    default: return nil
    }
  }

  private func mistake(
    _ range: PFNRange, _ pages: UInt64, _ limit: AddressLimit, _ aligned: Bool
  ) -> String? {
    if range.lo.raw < start || range.hi > limit.inclusive || range.hi < range.lo {
      return "\(range) is not within \(PFN(start))...\(limit)"
    }
    return aligned ? NaturalAlignment.mistake(range.lo, pages) : nil
  }
}

/// The effect of a call on the ranges that are granted.
enum HistoryEffect: Hashable {
  case nothing
  case grants(PFNRange)
  /// Gives back the granted range that contains the pfn, which must have that many pages, if known.
  case givesBack(PFN, UInt64?)
  case splits(PFNRange, PFNRange)

  var isGrant: Bool { if case .grants = self { true } else { false } }

  /// The pfns that it concerns; nil if none.
  var extent: PFNRange? {
    switch self {
    case .nothing: nil
    case .grants(let range): range
    case .givesBack(let pfn, let pages): PFNRange(pfn, pages: pages ?? 1)
    case .splits(let whole, _): whole
    }
  }

  /// The ranges that it grants, or that a split leaves.
  var granted: [PFNRange] {
    switch self {
    case .nothing, .givesBack: []
    case .grants(let range): [range]
    case .splits(let whole, let part): whole.pieces(without: part)
    }
  }
}

extension NaiveAllocator {
  /// Applies the effect of the next call; false, with nothing changed, if that is not right now.
  /// O(ranges)
  mutating func apply(_ effect: HistoryEffect) -> Bool {
    switch effect {
    case .nothing: return true
    case .grants(let range): return take(range) == nil
    case .givesBack(let pfn, let pages):
      guard let range = holder(of: pfn) else { return false }
      if let pages, range != PFNRange(pfn, pages: pages) { return false }
      return remove(range.lo) != nil
    case .splits(let whole, let part):
      guard holder(of: whole.lo) == whole, whole.lo <= part.lo, part.hi <= whole.hi else {
        return false
      }
      remove(whole.lo)
      for piece in whole.pieces(without: part) { take(piece) }
      return true
    }
  }
}
