import Generators
import IOVA
import Invariants
import Testing

/// Judges programs by their histories alone, and each history twice: as recorded, and by search.
private final class HistoryJudge: Judge, @unchecked Sendable {
  private let recorder: HistoryRecorder
  private var rules = HistoryRules()
  /// Written when nobody runs.
  private(set) var evidence: String?
  /// What the two ways disagree on.
  private(set) var disagreement: String?
  private(set) var callCount = 0

  init(cpus: Int) { recorder = HistoryRecorder(cpus: cpus) }

  override func opens(_ domain: IOVADomain) {
    rules = HistoryRules(
      start: domain.configuration.start.raw,
      roundsSizes: domain.configuration.revision.cache.roundsSizes)
    recorder.begin(rules)
    evidence = nil
  }

  override func isQuiet() { rests() }

  override var isBroken: Bool { evidence != nil }

  override var finding: (law: String, evidence: String)? {
    evidence.map { (Law.historyIsLinearisable.name, $0) }
  }

  override func rests() {
    let calls = recorder.calls
    let verdict = recorder.judge()
    callCount += calls.count
    if case .notLinearisable(let evidence) = verdict { self.evidence = evidence }
    // What was forgotten at an earlier rest is not among the calls.
    let searched = Linearisability(rules, triesWitness: false).judge(calls).verdict
    if calls.count < 600, searched != verdict { disagreement = "\(verdict), not \(searched)" }
    if verdict == .linearisable, Linearisability(rules).judge(calls).states > 0 {
      disagreement = "lawful callers need a search"
    }
  }

  override func observed(_ event: DomainEvent, on cpu: CPU) {
    switch event {
    case .began(let call): recorder.began(call, on: cpu)
    case .ended(let call, let pfn): recorder.ended(call, pfn, on: cpu)
    case .split(let whole, let part): recorder.split(whole, removing: part, on: cpu)
    default: break
    }
  }
}

@Suite struct `The history of a run` {
  @Test(arguments: [2, 4])
  func `on real threads is linearisable, as recorded and by search`(cpus: Int) throws {
    let history = HistoryJudge(cpus: cpus)
    let run = FreeRun(cpus: cpus, history)
    for workload in [Workload.everything, .tree, .cache] {
      let generator = ProgramGenerator(workload, cpus: cpus, length: 500)
      for seed in try Rounds(10) {
        var source = ChoiceSource(seed: seed)
        let program = generator.draw(from: &source)
        if program.sharesFrees { continue }
        #expect(run.run(program) == nil, seed.line())
        #expect(history.disagreement == nil, seed.line())
      }
    }
    #expect(history.callCount > 0)
  }

  @Test func `interleaved by choice is linearisable, as recorded and by search`() throws {
    let history = HistoryJudge(cpus: 3)
    let run = ControlledRun(cpus: 3, history)
    let generator = ProgramGenerator(.everything, cpus: 3, length: 24)
    for seed in try Rounds(2_000) {
      var source = ChoiceSource(seed: seed)
      let program = generator.draw(from: &source)
      // Of two that free one range one does nothing, which only the ledger can tell.
      if program.sharesFrees { continue }
      #expect(run.run(program, &source).finding == nil, seed.line())
      #expect(history.disagreement == nil, seed.line())
    }
    #expect(history.callCount > 0)
  }

  @Test func `shows R07 without any other law, and the same calls each time`() throws {
    let history = HistoryJudge(cpus: 3)
    let run = ControlledRun(cpus: 3, history)
    let generator = ProgramGenerator(.cache, faults: FaultSet([.r07]), cpus: 3, length: 64)
    var overlaps = 0
    for seed in try Rounds(200) {
      var source = ChoiceSource(seed: seed)
      let program = generator.draw(from: &source)
      guard let finding = run.run(program, &source).finding else { continue }
      if finding.evidence.hasPrefix("no order explains") { overlaps += 1 }
      var again = ChoiceSource(replaying: source.choices)
      #expect(run.run(generator.draw(from: &again), &again).finding == finding, seed.line())
      #expect(history.disagreement == nil, seed.line())
    }
    #expect(overlaps > 0)
  }
}
