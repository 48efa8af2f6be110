import Generators
import IOVA
import Invariants
import Testing

@Suite struct `A random history` {
  private static let searching = Linearisability(triesWitness: false)

  private func isLinearisable(_ judge: Linearisability, _ calls: [HistoryCall]) -> Bool? {
    switch judge.judge(calls).verdict {
    case .linearisable: true
    case .notLinearisable: false
    case .unknown: nil
    }
  }

  /// Up to seven calls on four pfns, with whatever answers and intervals.
  private func anyHistory(_ source: inout ChoiceSource) -> [HistoryCall] {
    let limit = AddressLimit(PFN(4))
    return (0..<source.choose(upTo: 7)).map { _ in
      let begin = source.choose(upTo: 9)
      let end = begin + source.choose(upTo: 5)
      let pages = 1 + source.choose(upTo: 1)
      let pfn = PFN(1 + source.choose(upTo: 3))
      let response = source.choose(upTo: 9) == 9 ? nil : end
      let cpu = CPU(Int(source.choose(upTo: 2)))
      let kind = source.choose(upTo: 8)
      let call: DomainCall =
        switch kind {
        case 0...3: .allocate(pages: pages, limit: limit, aligned: false)
        case 4...6: .free(pfn)
        default: .freeFast(pfn, pages: pages)
        }
      if kind == 8, pages == 2, pfn.raw < 3 {
        let whole = PFNRange(pfn, pages: 2)
        let part = PFNRange(PFN(pfn.raw + source.choose(upTo: 1)), pages: 1)
        return HistoryCall(.split(whole, removing: part), on: cpu, from: begin, to: begin)
      }
      let granted = kind <= 3 && response != nil && pfn.raw + pages <= 5 ? pfn : nil
      return HistoryCall(.call(call), on: cpu, from: begin, to: response, answer: granted)
    }
  }

  @Test func `is judged as trying all orders does, with and without a witness`() throws {
    var counts = (lawful: 0, unlawful: 0, searched: 0)
    for seed in try Rounds(20_000) {
      var source = ChoiceSource(seed: seed)
      let calls = anyHistory(&source)
      let expected = BruteForce.isLinearisable(calls)
      let answer = Linearisability().judge(calls)
      let verdicts = [
        isLinearisable(Linearisability(), calls), isLinearisable(Self.searching, calls),
      ]
      if verdicts != [expected, expected] {
        Issue.record("\(calls) is \(expected), not \(verdicts). \(seed.line())")
      }
      if expected { counts.lawful += 1 } else { counts.unlawful += 1 }
      if expected, answer.states > 0 { counts.searched += 1 }
    }
    // All kinds came up: also those that only a search explains.
    if counts.lawful + counts.unlawful >= 20_000 {
      #expect(counts.lawful > 2_000)
      #expect(counts.unlawful > 2_000)
      #expect(counts.searched > 200)
    }
  }

  @Test func `that is impossible is shown by calls that are impossible by themselves`() throws {
    var shown = 0
    for seed in try Rounds(5_000) {
      var source = ChoiceSource(seed: seed)
      let calls = anyHistory(&source)
      guard case .notLinearisable(let text) = Linearisability().judge(calls).verdict,
        text.hasPrefix("no order explains: ")
      else { continue }
      let named = calls.filter { text.contains($0.description) }
      if BruteForce.isLinearisable(named) { Issue.record("\(calls): \(text). \(seed.line())") }
      shown += 1
    }
    #expect(shown > 0)
  }

  @Test func `that was made in one order is linearisable, however its calls spread`() throws {
    var searched = 0
    for seed in try Rounds(2_000) {
      let calls = SpreadHistory(seed: seed, count: 60, highest: 12).calls
      let answer = Linearisability().judge(calls)
      #expect(answer.verdict == .linearisable, seed.line())
      #expect(isLinearisable(Self.searching, calls) == true, seed.line())
      if answer.states > 0 { searched += 1 }
    }
    #expect(searched > 0)
  }

  @Test func `is impossible once an answer is one that another caller surely held`() throws {
    var altered = 0
    for seed in try Rounds(2_000) {
      var calls = SpreadHistory(seed: seed, count: 60, highest: 12).calls
      var source = ChoiceSource(seed: seed.derived(1))
      guard alterAnswer(of: &calls, &source) else { continue }
      altered += 1
      #expect(isLinearisable(Linearisability(), calls) == false, seed.line())
      #expect(isLinearisable(Self.searching, calls) == false, seed.line())
    }
    #expect(altered > 0)
  }

  /// Has one allocation answer with a range that is surely another caller's: granted before it
  /// began, and given back after it ended, if ever. False if there is none.
  private func alterAnswer(of calls: inout [HistoryCall], _ source: inout ChoiceSource) -> Bool {
    var pairs: [(victim: Int, answer: PFN)] = []
    for (index, call) in calls.enumerated() where call.answer != nil {
      for holder in calls where holder.answer != call.answer {
        guard let pfn = holder.answer, holder.response! < call.invocation else { continue }
        // Nobody gives back what begins near there, from before the holder on to after the call.
        let isDisturbed = calls.contains {
          guard case .call(let request) = $0.request else { return true }
          let freed: PFN
          switch request {
          case .free(let pfn), .freeFast(let pfn, _), .deferFree(let pfn, _): freed = pfn
          case .allocate, .allocateFast: return false
          }
          return freed.raw + 4 > pfn.raw && freed.raw < pfn.raw + 4
            && $0.response! >= holder.invocation && $0.invocation <= call.response!
        }
        if !isDisturbed { pairs.append((index, pfn)) }
      }
    }
    guard !pairs.isEmpty else { return false }
    let (victim, answer) = pairs[Int(source.choose(upTo: UInt64(pairs.count - 1)))]
    let call = calls[victim]
    calls[victim] = HistoryCall(
      call.request, on: call.cpu, from: call.invocation, to: call.response, answer: answer)
    return true
  }
}
