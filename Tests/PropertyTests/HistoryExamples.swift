import Generators
import IOVA
import Invariants

extension HistoryCall {
  /// A range granted by the tree, up to 1000.
  static func grant(
    _ pfn: UInt64, _ pages: UInt64 = 1, on cpu: Int = 0, from begin: UInt64, to end: UInt64?
  ) -> HistoryCall {
    let limit = AddressLimit(PFN(1000))
    return HistoryCall(
      .call(.allocate(pages: pages, limit: limit, aligned: false)), on: CPU(cpu), from: begin,
      to: end, answer: end.map { _ in PFN(pfn) })
  }

  /// The range that contains a pfn, given back to the tree.
  static func giveBack(
    _ pfn: UInt64, on cpu: Int = 0, from begin: UInt64, to end: UInt64?
  ) -> HistoryCall {
    HistoryCall(.call(.free(PFN(pfn))), on: CPU(cpu), from: begin, to: end)
  }

  /// A range given back to the cache.
  static func giveBackFast(
    _ pfn: UInt64, _ pages: UInt64, on cpu: Int = 0, from begin: UInt64, to end: UInt64?
  ) -> HistoryCall {
    HistoryCall(.call(.freeFast(PFN(pfn), pages: pages)), on: CPU(cpu), from: begin, to: end)
  }
}

/// Tries all orders of a history, as anybody would: the reference of the checker. O(n!)
struct BruteForce {
  private let calls: [HistoryCall]
  private var isDone: [Bool]
  /// Whose each pfn is: the number of the range that it belongs to.
  private var owner: [UInt64: Int] = [:]
  private var rangeCount = 0

  static func isLinearisable(_ calls: [HistoryCall]) -> Bool {
    var search = BruteForce(calls: calls, isDone: calls.map { _ in false })
    return search.canGoOn()
  }

  private mutating func canGoOn() -> Bool {
    if calls.indices.allSatisfy({ isDone[$0] || calls[$0].response == nil }) { return true }
    for next in calls.indices where !isDone[next] && mayComeNext(calls[next]) {
      let (owners, count) = (owner, rangeCount)
      isDone[next] = true
      if isRight(calls[next]), canGoOn() { return true }
      isDone[next] = false
      (owner, rangeCount) = (owners, count)
    }
    return false
  }

  private func mayComeNext(_ call: HistoryCall) -> Bool {
    !calls.indices.contains { other in
      !isDone[other] && calls[other].response.map { $0 < call.invocation } ?? false
    }
  }

  /// Does a call pfn by pfn; false if that is not right.
  private mutating func isRight(_ call: HistoryCall) -> Bool {
    switch call.request {
    case .call(.allocate(let pages, let limit, _)), .call(.allocateFast(let pages, let limit, _)):
      // What still runs has granted nothing; what failed says nothing.
      guard let pfn = call.answer?.raw else { return true }
      let pfns = pfn..<pfn + pages
      guard pfn >= 1, pfns.upperBound - 1 <= limit.inclusive.raw else { return false }
      return grant(pfns)
    case .call(.free(let pfn)):
      guard let range = owner[pfn.raw] else { return false }
      owner = owner.filter { $0.value != range }
      return true
    case .call(.freeFast(let pfn, let pages)), .call(.deferFree(let pfn, let pages)):
      guard let range = owner[pfn.raw] else { return false }
      let pfns = owner.filter { $0.value == range }.keys
      owner = owner.filter { $0.value != range }
      return pfns.min() == pfn.raw && pfns.count == Int(pages)
    case .split(let whole, let part):
      guard let range = owner[whole.lo.raw] else { return false }
      let pfns = owner.filter { $0.value == range }.keys
      guard pfns.min() == whole.lo.raw, pfns.max() == whole.hi.raw else { return false }
      owner = owner.filter { $0.value != range }
      return grant(whole.lo.raw..<part.lo.raw) && grant(part.hi.raw + 1..<whole.hi.raw + 1)
    }
  }

  private mutating func grant(_ pfns: Range<UInt64>) -> Bool {
    rangeCount += 1
    for pfn in pfns where owner.updateValue(rangeCount, forKey: pfn) != nil { return false }
    return true
  }
}

/// A history that was really made in one order: what is granted changes at moments 10, 20, 30, …,
/// and each call is spread over a random interval around its moment.
struct SpreadHistory {
  private(set) var calls: [HistoryCall] = []
  private var granted: [(range: PFNRange, isFast: Bool)] = []
  private var source: ChoiceSource
  private let highest: UInt64

  /// - Parameter highest: the highest pfn that is granted.
  init(seed: Seed, count: Int, highest: UInt64) {
    source = ChoiceSource(seed: seed)
    self.highest = highest
    for number in 1...count { add(UInt64(number) * 10) }
  }

  private mutating func draw(upTo most: UInt64) -> UInt64 { source.choose(upTo: most) }

  private mutating func add(_ moment: UInt64) {
    let begin = moment - draw(upTo: 9) * draw(upTo: 1)
    let end = moment + draw(upTo: 40) * draw(upTo: 1)
    let cpu = CPU(Int(draw(upTo: 3)))
    let isFast = draw(upTo: 1) == 1
    let pages: UInt64 = isFast ? 1 << draw(upTo: 1) : draw(upTo: 2) + 1
    let pfn = 1 + draw(upTo: highest - pages)
    let lo = isFast ? max(pfn - pfn % pages, pages) : pfn
    let range = PFNRange(PFN(lo), pages: pages)
    let limit = AddressLimit(PFN(highest))
    if draw(upTo: 1) == 0, range.hi.raw <= highest,
      !granted.contains(where: { $0.range.overlaps(range) })
    {
      granted.append((range, isFast))
      let call: DomainCall =
        isFast
        ? .allocateFast(pages: pages, limit: limit, flush: false)
        : .allocate(pages: pages, limit: limit, aligned: false)
      calls.append(HistoryCall(.call(call), on: cpu, from: begin, to: end, answer: range.lo))
    } else if !granted.isEmpty {
      let (range, isFast) = granted.remove(at: Int(draw(upTo: UInt64(granted.count - 1))))
      let inner = PFN(range.lo.raw + draw(upTo: range.pages - 1))
      let call: DomainCall = isFast ? .freeFast(range.lo, pages: range.pages) : .free(inner)
      calls.append(HistoryCall(.call(call), on: cpu, from: begin, to: end))
    }
  }
}
