import Generators
import IOVA
import Invariants
import Testing

@Suite struct `The recorder of histories` {
  private static let request = DomainCall.allocate(
    pages: 1, limit: AddressLimit(PFN(100_000)), aligned: false)

  private func recorder(cpus: Int = 2) -> HistoryRecorder {
    let recorder = HistoryRecorder(cpus: cpus)
    recorder.begin(HistoryRules())
    return recorder
  }

  private func grant(_ pfn: UInt64, on cpu: Int = 0, _ recorder: HistoryRecorder) {
    recorder.began(Self.request, on: CPU(cpu))
    recorder.ended(Self.request, PFN(pfn), on: CPU(cpu))
  }

  private func giveBack(_ pfn: UInt64, on cpu: Int = 0, _ recorder: HistoryRecorder) {
    recorder.began(.free(PFN(pfn)), on: CPU(cpu))
    recorder.ended(.free(PFN(pfn)), nil, on: CPU(cpu))
  }

  @Test func `keeps the order of calls that do not overlap, on all CPUs`() {
    let recorder = recorder()
    grant(5, recorder)
    giveBack(5, on: 1, recorder)
    grant(5, on: 1, recorder)
    #expect(recorder.judge() == .linearisable)
    let calls = recorder.calls.sorted { $0.invocation < $1.invocation }
    #expect(calls.map(\.cpu) == [CPU(0), CPU(1), CPU(1)])
    #expect(calls[0].response! < calls[1].invocation)
    grant(5, recorder)
    guard case .notLinearisable = recorder.judge() else {
      Issue.record("a second grant of 5 was not found")
      return
    }
  }

  @Test func `lets calls overlap that do`() {
    let recorder = recorder()
    grant(5, recorder)
    recorder.began(.free(PFN(5)), on: CPU(0))
    grant(5, on: 1, recorder)
    recorder.ended(.free(PFN(5)), nil, on: CPU(0))
    #expect(recorder.judge() == .linearisable)
    #expect(Linearisability(triesWitness: false).judge(recorder.calls).verdict == .linearisable)
  }

  @Test func `goes on searching after callers that were too quick`() {
    // CPU 1 gives back what CPU 0 has not been told yet.
    let recorder = recorder()
    recorder.began(Self.request, on: CPU(0))
    giveBack(5, on: 1, recorder)
    recorder.ended(Self.request, PFN(5), on: CPU(0))
    #expect(recorder.judge() == .linearisable)
    grant(5, on: 1, recorder)
    #expect(recorder.judge() == .linearisable)
    grant(5, recorder)
    #expect(recorder.judge() != .linearisable)
  }

  @Test func `does not know while a call runs, and not with too many calls`() {
    let recorder = recorder()
    recorder.began(.free(PFN(5)), on: CPU(1))
    #expect(recorder.judge() == .unknown("cpu1 still runs"))
    recorder.begin(HistoryRules())
    for pfn in 1...UInt64(HistoryRecorder.callsOfCPU) { grant(pfn, recorder) }
    #expect(recorder.calls.count == HistoryRecorder.callsOfCPU)
    grant(1, recorder)
    #expect(recorder.calls.count == HistoryRecorder.callsOfCPU)
    #expect(recorder.judge() == .unknown("more than 8,192 calls on cpu0"))
  }

  @Test func `forgets calls at rest, and remembers what they granted`() {
    let recorder = recorder()
    for pfn in 1...3_000 as ClosedRange<UInt64> { grant(pfn, recorder) }
    #expect(recorder.judge() == .linearisable)
    #expect(recorder.calls.isEmpty)
    for pfn in 1...2_999 as ClosedRange<UInt64> { giveBack(pfn, on: 1, recorder) }
    #expect(recorder.judge() == .linearisable)
    #expect(recorder.calls.isEmpty)
    grant(3_000, recorder)
    #expect(
      recorder.judge()
        == .notLinearisable(
          "no order explains: granted before: 0xbb8; "
            + "cpu0 [\(2 * 5_999), \(2 * 5_999 + 1)] allocate(1, below: 0x186a0) → 0xbb8"))
  }

  @Test func `says nothing where it is switched off`() {
    let recorder = HistoryRecorder(cpus: 1, isOn: false)
    recorder.begin(HistoryRules())
    giveBack(5, recorder)
    #expect(recorder.calls.isEmpty)
    #expect(recorder.judge() == .linearisable)
  }
}
