import Generators
import IOVA
import Invariants
import Testing

@Suite struct `A history` {
  static let searching = Linearisability(triesWitness: false)

  /// Both ways to judge agree; returns the verdict.
  private func verdict(
    _ calls: [HistoryCall], startingWith granted: [PFNRange] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> Linearisability.Verdict {
    let verdict = Linearisability().judge(calls, startingWith: granted).verdict
    let searched = Self.searching.judge(calls, startingWith: granted).verdict
    #expect(verdict == searched, sourceLocation: sourceLocation)
    return verdict
  }

  private func isLinearisable(_ calls: [HistoryCall]) -> Bool { verdict(calls) == .linearisable }

  @Test func `of no calls is linearisable`() { #expect(isLinearisable([])) }

  @Test func `in which a range is granted, given back and granted again is linearisable`() {
    #expect(
      isLinearisable([
        .grant(5, from: 1, to: 2), .giveBack(5, from: 3, to: 4), .grant(5, on: 1, from: 5, to: 6),
      ]))
  }

  @Test func `in which two hold a range at once is not, and says who`() {
    let calls: [HistoryCall] = [
      .grant(4, 2, from: 1, to: 2), .grant(5, on: 1, from: 3, to: 4),
      .giveBack(4, from: 5, to: 6), .giveBack(5, on: 1, from: 7, to: 8),
      .grant(70, from: 9, to: 10),
    ]
    #expect(
      verdict(calls)
        == .notLinearisable(
          "no order explains: cpu0 [1, 2] allocate(2, below: 0x3e8) → 0x4...0x5; "
            + "cpu1 [3, 4] allocate(1, below: 0x3e8) → 0x5; cpu0 [5, 6] free(0x4); "
            + "cpu1 [7, 8] free(0x5)"))
  }

  @Test func `in which the grants are reversed, but overlap the giving back, is linearisable`() {
    // The second grant ends before the first range is given back; both calls still ran together.
    let calls: [HistoryCall] = [
      .grant(5, from: 1, to: 2), .giveBack(5, from: 3, to: 9), .grant(5, on: 1, from: 4, to: 5),
      .giveBack(5, on: 1, from: 6, to: 7), .grant(5, on: 2, from: 8, to: 8),
    ]
    #expect(isLinearisable(calls))
    // Lawful callers need no search.
    #expect(Linearisability().judge(calls).states == 0)
  }

  @Test func `whose callers know of a grant before it ends is searched, and linearisable`() {
    // The obvious order has the grant at 9, after it was given back.
    let calls: [HistoryCall] = [.grant(5, from: 1, to: 9), .giveBack(5, on: 1, from: 2, to: 3)]
    #expect(isLinearisable(calls))
    #expect(Linearisability().judge(calls).states == 2)
  }

  @Test func `in which what is given back was given back before is not linearisable`() {
    #expect(
      verdict([
        .grant(5, from: 1, to: 2), .giveBack(5, from: 3, to: 4), .giveBack(5, from: 5, to: 6),
        .grant(5, from: 7, to: 8),
      ]) != .linearisable)
    #expect(!isLinearisable([.giveBack(5, from: 1, to: 2)]))
    #expect(!isLinearisable([.giveBack(5, from: 1, to: 2), .grant(5, from: 3, to: 4)]))
  }

  @Test func `in which the length given back is another is not linearisable`() {
    #expect(
      isLinearisable([.grant(4, 4, from: 1, to: 2), .giveBackFast(4, 4, from: 3, to: 4)]))
    #expect(
      isLinearisable([.grant(4, 4, from: 1, to: 2), .giveBackFast(4, 3, from: 3, to: 4)]))
    #expect(
      !isLinearisable([.grant(4, 4, from: 1, to: 2), .giveBackFast(4, 2, from: 3, to: 4)]))
    #expect(isLinearisable([.grant(4, 4, from: 1, to: 2), .giveBack(6, from: 3, to: 4)]))
  }

  @Test(arguments: [(UInt64(3), UInt64(1), false), (4, 1, true), (999, 2, true), (1000, 2, false)])
  func `of one answer is judged by start and limit`(pfn: UInt64, pages: UInt64, isLawful: Bool) {
    let rules = HistoryRules(start: 4)
    let answer = Linearisability(rules).judge([.grant(pfn, pages, from: 1, to: 2)])
    #expect((answer.verdict == .linearisable) == isLawful)
  }

  @Test func `of one fast answer is judged by its rounded length`() {
    let limit = AddressLimit(PFN(10))
    let asked = DomainCall.allocateFast(pages: 3, limit: limit, flush: false)
    func isLawful(_ pfn: UInt64, _ rules: HistoryRules = HistoryRules()) -> Bool {
      let call = HistoryCall(.call(asked), on: CPU(0), from: 1, to: 2, answer: PFN(pfn))
      return Linearisability(rules).judge([call]).verdict == .linearisable
    }
    #expect(isLawful(4))
    #expect(!isLawful(6))
    #expect(!isLawful(8))
    #expect(isLawful(8, HistoryRules(roundsSizes: false)))
  }

  @Test func `says nothing where an allocation fails`() {
    let limit = AddressLimit(PFN(10))
    let asked = DomainCall.allocate(pages: 1, limit: limit, aligned: false)
    #expect(isLinearisable([HistoryCall(.call(asked), on: CPU(0), from: 1, to: 2)]))
  }

  @Test func `may have calls that still run`() {
    // Giving back may have taken effect, or not.
    let begun: [HistoryCall] = [.grant(5, from: 1, to: 2), .giveBack(5, from: 3, to: nil)]
    #expect(isLinearisable(begun))
    #expect(isLinearisable(begun + [.grant(5, on: 1, from: 4, to: 5)]))
    #expect(isLinearisable(begun + [.giveBack(5, on: 1, from: 4, to: 5)]))
    #expect(
      !isLinearisable(
        begun + [.grant(5, on: 1, from: 4, to: 5), .giveBack(5, on: 2, from: 6, to: 7)]
          + [.giveBack(5, on: 3, from: 8, to: 9)]))
    #expect(!isLinearisable([.grant(5, from: 1, to: 2), .grant(5, on: 1, from: 3, to: 4)]))
    #expect(isLinearisable([.grant(5, from: 1, to: nil), .grant(5, on: 1, from: 3, to: 4)]))
  }

  @Test func `goes on from the ranges that were granted before`() {
    let before = [PFNRange(PFN(4), pages: 2)]
    #expect(verdict([.giveBack(5, from: 1, to: 2)], startingWith: before) == .linearisable)
    #expect(
      verdict([.grant(5, from: 1, to: 2)], startingWith: before)
        == .notLinearisable(
          "no order explains: granted before: 0x4...0x5; "
            + "cpu0 [1, 2] allocate(1, below: 0x3e8) → 0x5"))
  }

  @Test func `goes on with what a split leaves`() {
    let whole = PFNRange(PFN(10), pages: 8)
    let part = PFNRange(PFN(12), pages: 3)
    let begun: [HistoryCall] = [
      .grant(10, 8, from: 1, to: 2),
      HistoryCall(.split(whole, removing: part), on: CPU(0), from: 3, to: 3),
    ]
    #expect(
      isLinearisable(
        begun + [
          .grant(12, 3, on: 1, from: 4, to: 5), .giveBack(11, from: 6, to: 7),
          .giveBack(16, from: 8, to: 9),
        ]))
    #expect(!isLinearisable(begun + [.grant(11, on: 1, from: 4, to: 5)]))
    #expect(!isLinearisable(begun + [.giveBack(13, from: 4, to: 5)]))
    #expect(!isLinearisable([.grant(12, 3, on: 1, from: 0, to: 0)] + begun))
  }

  @Test func `is shown without the calls that play no role`() throws {
    // Two hold pfn 5 in the middle of a hundred who use it one after the other.
    var calls: [HistoryCall] = []
    for number in 0..<100 as Range<UInt64> {
      let begin = number * 10
      calls.append(.grant(5, from: begin, to: begin + 1))
      if number == 50 {
        calls.append(.grant(5, on: 1, from: begin + 2, to: begin + 3))
        calls.append(.giveBack(5, on: 1, from: begin + 4, to: begin + 5))
      }
      calls.append(.giveBack(5, from: begin + 6, to: begin + 7))
    }
    #expect(
      verdict(calls)
        == .notLinearisable(
          "no order explains: cpu0 [500, 501] allocate(1, below: 0x3e8) → 0x5; "
            + "cpu1 [502, 503] allocate(1, below: 0x3e8) → 0x5; cpu1 [504, 505] free(0x5); "
            + "cpu0 [506, 507] free(0x5)"))
  }

  @Test func `is shown with all calls that may have given back what another one did`() {
    // Of the two calls that give back from 3 and 4 on, nobody knows which one ended whose range.
    let calls: [HistoryCall] = [
      .grant(5, from: 1, to: 2), .giveBack(5, from: 3, to: 20), .giveBack(5, on: 1, from: 4, to: 5),
      .grant(5, on: 1, from: 6, to: 7), .grant(5, from: 30, to: 31), .grant(5, from: 32, to: 33),
    ]
    guard case .notLinearisable(let text) = verdict(calls) else {
      Issue.record("the last two grants were not found")
      return
    }
    for call in calls { #expect(text.contains("\(call)")) }
  }

  @Test func `whose smallest impossible part is one of many shows that one`() {
    let calls: [HistoryCall] =
      [.grant(5, from: 1, to: 2), .grant(5, from: 3, to: 4), .giveBack(5, from: 5, to: 6)]
      + [.giveBack(9, from: 7, to: 8)]
    #expect(verdict(calls) == .notLinearisable("no order explains: cpu0 [7, 8] free(0x9)"))
  }
}
