import Generators
import IOVA
import Invariants
import Testing

@Suite struct `The search of a history` {
  /// Calls that all run at the same time: a range is granted and given back, so many times.
  private static func crowd(_ pairs: UInt64, pfn: UInt64 = 5) -> [HistoryCall] {
    (0..<pairs).flatMap { number in
      [
        HistoryCall.grant(pfn, on: Int(number), from: 2 * number, to: 1_000),
        .giveBack(pfn, on: Int(number), from: 2 * number + 1, to: 1_000),
      ]
    }
  }

  @Test func `of disjoint ranges takes one state for each call`() {
    var calls: [HistoryCall] = []
    for pfn in 0..<5_000 as Range<UInt64> {
      let begin = pfn / 100
      let limit = AddressLimit(PFN(10_000))
      let asked = DomainCall.allocate(pages: 1, limit: limit, aligned: false)
      let cpu = CPU(Int(pfn % 100))
      calls.append(
        HistoryCall(.call(asked), on: cpu, from: begin, to: begin + 90, answer: PFN(pfn + 1)))
      calls.append(HistoryCall(.call(.free(PFN(pfn + 1))), on: cpu, from: 1_000, to: 1_090))
    }
    let searched = Linearisability(triesWitness: false).judge(calls)
    #expect(searched == .init(verdict: .linearisable, parts: 5_000, states: 10_000))
    let witnessed = Linearisability().judge(calls)
    #expect(witnessed == .init(verdict: .linearisable, parts: 5_000, states: 0))
  }

  @Test func `never goes on twice from the same state`() {
    // Five grants and five calls that give back, all at once, have 28,800 orders that are right up
    // to there; then comes one call too many. Where g grants are done, g or g - 1 were given back:
    // C(5, g)² and C(5, g) C(5, g - 1) states, 252 and 210 in all, of which one is the first.
    let calls = Self.crowd(5) + [.giveBack(5, from: 2_000, to: 2_001)]
    let answer = Linearisability(triesWitness: false).judge(calls)
    #expect(answer.states == 251 + 210)
    guard case .notLinearisable = answer.verdict else {
      Issue.record("\(answer.verdict)")
      return
    }
  }

  @Test func `that may visit too few states does not know`() {
    var bounds = Linearisability.Bounds()
    bounds.states = 5
    let answer = Linearisability(bounds: bounds, triesWitness: false).judge(Self.crowd(10))
    #expect(answer == .init(verdict: .unknown("more than 5 states"), parts: 1, states: 5))
    bounds.states = 20
    let enough = Linearisability(bounds: bounds, triesWitness: false).judge(Self.crowd(10))
    #expect(enough == .init(verdict: .linearisable, parts: 1, states: 20))
  }

  @Test func `of a part with too many calls does not know`() {
    var bounds = Linearisability.Bounds()
    bounds.callsOfPart = 19
    let judge = Linearisability(bounds: bounds, triesWitness: false)
    #expect(
      judge.judge(Self.crowd(10)).verdict == .unknown("a part has 20 calls, 19 are searched"))
    #expect(judge.judge(Self.crowd(9)).verdict == .linearisable)
  }

  @Test func `finds what is impossible beside what it can't decide`() {
    var bounds = Linearisability.Bounds()
    bounds.callsOfPart = 3
    let judge = Linearisability(bounds: bounds, triesWitness: false)
    let calls = Self.crowd(10) + [.grant(9, from: 1, to: 2), .grant(9, from: 3, to: 4)]
    guard case .notLinearisable = judge.judge(calls).verdict else {
      Issue.record("the double grant of 9 was not found")
      return
    }
  }
}

@Suite struct `The parts of a history` {
  private func parts(_ calls: [HistoryCall]) -> Int { Linearisability().judge(calls).parts }

  @Test func `hold calls that overlap, directly or by way of others`() {
    #expect(parts([.grant(1, 2, from: 1, to: 2), .grant(3, 2, from: 1, to: 2)]) == 2)
    #expect(
      parts([
        .grant(1, 2, from: 1, to: 2), .grant(3, 2, from: 1, to: 2), .grant(2, 2, from: 3, to: 4),
      ]) == 1)
    #expect(
      parts([
        .grant(1, 9, from: 1, to: 2), .giveBack(3, from: 3, to: 4), .grant(9, 2, from: 5, to: 6),
        .grant(11, from: 5, to: 6),
      ]) == 2)
    #expect(parts([.giveBack(3, from: 3, to: 4), .giveBack(4, from: 3, to: 4)]) == 2)
  }

  @Test func `hold what a split looks at`() {
    let whole = PFNRange(PFN(1), pages: 8)
    let split = HistoryCall(
      .split(whole, removing: PFNRange(PFN(4), pages: 1)), on: CPU(0), from: 3, to: 3)
    #expect(parts([.grant(1, 8, from: 1, to: 2), split, .giveBack(8, from: 4, to: 5)]) == 1)
    #expect(parts([.grant(1, 8, from: 1, to: 2), split, .grant(9, from: 4, to: 5)]) == 2)
  }

  @Test func `are judged alike, alone and together`() throws {
    for seed in try Rounds(200) {
      let low = SpreadHistory(seed: seed, count: 12, highest: 4).calls
      let high = SpreadHistory(seed: seed.derived(1), count: 12, highest: 4).calls
      let together = low + high.map { $0.movedUp(by: 100) }
      for altered in [nil, 0, together.count - 1] {
        var calls = together
        if let altered, calls.indices.contains(altered) { calls[altered] = calls[altered].stale }
        let whole = Linearisability(triesWitness: false).judge(calls).verdict
        #expect(
          (whole == .linearisable) == (altered == nil || calls.isEmpty), seed.line())
      }
    }
  }
}

extension HistoryCall {
  /// The same call, so many pfns further up.
  fileprivate func movedUp(by pfns: UInt64) -> HistoryCall {
    let moved: DomainCall
    guard case .call(let call) = request else { return self }
    switch call {
    case .allocate(let pages, let limit, let aligned):
      let above = AddressLimit(PFN(limit.inclusive.raw + pfns))
      moved = .allocate(pages: pages, limit: above, aligned: aligned)
    case .allocateFast(let pages, let limit, let flush):
      let above = AddressLimit(PFN(limit.inclusive.raw + pfns))
      moved = .allocateFast(pages: pages, limit: above, flush: flush)
    case .free(let pfn): moved = .free(PFN(pfn.raw + pfns))
    case .freeFast(let pfn, let pages): moved = .freeFast(PFN(pfn.raw + pfns), pages: pages)
    case .deferFree(let pfn, let pages): moved = .deferFree(PFN(pfn.raw + pfns), pages: pages)
    }
    return HistoryCall(
      .call(moved), on: cpu, from: invocation, to: response,
      answer: answer.map { PFN($0.raw + pfns) })
  }

  /// The call, giving back what nobody was ever granted.
  fileprivate var stale: HistoryCall {
    HistoryCall(.call(.free(PFN(999))), on: cpu, from: invocation, to: response)
  }
}
