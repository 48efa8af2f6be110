import Generators
import IOVA
import Invariants
import Testing

@Suite struct `A controlled run` {
  static let generator = ProgramGenerator(.everything, cpus: 3, length: 12)

  private func book() -> LawBook { LawBook(.every, isSequential: false, cpus: 3) }

  /// The rows of one seed's execution as text, and its finding.
  private func trace(_ seed: Seed, _ run: ControlledRun, locksLock: Bool = true) -> [String] {
    var source = ChoiceSource(seed: seed)
    let program = Self.generator.draw(from: &source)
    let (rows, finding) = run.transcript(program, &source, locksLock: locksLock)
    return rows.map { "\($0.cpu) \($0.text)" } + [finding?.law ?? "lawful"]
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
    var found = 0
    for seed in try Rounds(2000) {
      var source = ChoiceSource(seed: seed)
      let program = Self.generator.draw(from: &source)
      guard let finding = run.run(program, &source, locksLock: false) else { continue }
      found += 1
      var again = ChoiceSource(replaying: source.choices)
      let same = Self.generator.draw(from: &again)
      #expect(same == program)
      #expect(run.run(same, &again, locksLock: false) == finding)
    }
    #expect(found > 0, "locks that keep nobody out must be caught")
  }
}
