import Foundation
import Generators
import IOVA
import Invariants
import Testing

@Suite struct `A controlled run` {
  static let generator = ProgramGenerator(.everything, cpus: 3, length: 12)

  private func book() -> LawBook { LawBook(.every, isSequential: false, cpus: 3) }

  /// The rows of one seed's execution as text, and its finding.
  private func trace(_ seed: Seed, _ run: ControlledRun) -> [String] {
    var source = ChoiceSource(seed: seed)
    let program = Self.generator.draw(from: &source)
    let (rows, _, finding) = run.describing(program) { run.run(program, &source) }
    return rows.map { "\($0.actor) \($0.text)" } + [finding?.law ?? "lawful"]
  }

  @Test func `gives the same trace for the same seed, on every carrier, twice`() throws {
    let runs = ControlledRun.carriers.map { ControlledRun(cpus: 3, book().judge, carrier: $0) }
    for seed in try Rounds(1000) {
      let expected = trace(seed, runs[0])
      for run in runs.dropFirst() {
        #expect(trace(seed, run) == expected, "\(seed.line())")
      }
      #expect(trace(seed, runs[0]) == expected, "\(seed.line())")
    }
  }

  @Test func `breaks no law on current, whatever the interleaving`() throws {
    let run = ControlledRun(cpus: 3, book().judge)
    var switches: UInt64 = 0
    for seed in try Rounds(5000) {
      var source = ChoiceSource(seed: seed)
      let program = Self.generator.draw(from: &source)
      #expect(run.run(program, &source) == nil, "\(seed.line())")
      switches += UInt64(run.lastSwitches)
    }
    #expect(switches > 5000)
  }

  @Test func `repeats a failure from its choices`() throws {
    let run = ControlledRun(cpus: 3, book().judge)
    let generator = ProgramGenerator(.cache, faults: FaultSet([.r12]), cpus: 3, length: 96)
    var found = 0
    for seed in try Rounds(300) {
      var source = ChoiceSource(seed: seed)
      let program = generator.draw(from: &source)
      guard let finding = run.run(program, &source) else { continue }
      found += 1
      var again = ChoiceSource(replaying: source.choices)
      let same = generator.draw(from: &again)
      #expect(same == program)
      #expect(run.run(same, &again) == finding)
    }
    #expect(found > 0)
  }

  /// In a process of its own: what locks do not keep apart may also crash.
  @Test func `whose locks keep nobody out breaks a law`() async {
    await #expect(processExitsWith: .exitCode(42)) {
      let book = LawBook(.every, isSequential: false, cpus: 3)
      let run = ControlledRun(cpus: 3, book.judge)
      run.locksLock = false
      for number in 0..<UInt64(5000) {
        var source = ChoiceSource(seed: Seed(0x9e37_79b9).derived(number))
        let program = canaryPrograms.draw(from: &source)
        if run.run(program, &source) != nil { exit(42) }
      }
    }
  }
}

/// What an exit test can name: it captures nothing.
private let canaryPrograms = ProgramGenerator(.everything, cpus: 3, length: 12)
