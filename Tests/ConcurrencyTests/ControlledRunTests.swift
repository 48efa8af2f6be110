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
    let told = run.describing(program) { run.run(program, &source) }
    let (rows, finding) = (told.rows, told.finding)
    return rows.map { "\($0.actor) \($0.text)" } + [finding?.law ?? "lawful"]
  }

  @Test func `gives the same trace for the same seed, on every carrier, twice`() throws {
    let runs = ControlledRun.carriers.map { ControlledRun(cpus: 3, book(), carrier: $0) }
    for seed in try Rounds(1000) {
      let expected = trace(seed, runs[0])
      for run in runs.dropFirst() {
        #expect(trace(seed, run) == expected, "\(seed.line())")
      }
      #expect(trace(seed, runs[0]) == expected, "\(seed.line())")
    }
  }

  @Test func `breaks no law on current, whatever the interleaving`() throws {
    let run = ControlledRun(cpus: 3, book())
    var switches: UInt64 = 0
    for seed in try Rounds(5000) {
      var source = ChoiceSource(seed: seed)
      let program = Self.generator.draw(from: &source)
      let execution = run.run(program, &source)
      #expect(execution.finding == nil, "\(seed.line())")
      switches += UInt64(execution.switches)
    }
    #expect(switches > 5000 || Rounds.areGiven)
  }

  @Test func `breaks no law on current if a flush heeds the limit`() throws {
    var revision = Revision.current
    revision.cache.flushesWithinLimit = true
    let generator = ProgramGenerator(.cache, revision: revision, cpus: 3, length: 24)
    let run = ControlledRun(cpus: 3, book())
    for seed in try Rounds(1000) {
      var source = ChoiceSource(seed: seed)
      let program = generator.draw(from: &source)
      #expect(run.run(program, &source).finding == nil, "\(seed.line())")
    }
  }

  @Test func `is not blamed for what the end of another one's domain breaks`() {
    let run = ControlledRun(cpus: 1, book())
    var program = FaultProgram(.d08).program
    // A domain each, more than are kept; none of them ends while it is used.
    for start in 1...300 as ClosedRange<UInt64> {
      program.settings.start = PFN(start)
      program.settings.endsBusy = false
      #expect(run.explore(program, Seed(start)).finding == nil)
    }
  }

  @Test func `repeats a failure from its choices`() throws {
    let run = ControlledRun(cpus: 3, book())
    let generator = ProgramGenerator(.cache, faults: FaultSet([.r12]), cpus: 3, length: 96)
    var found = 0
    for seed in try Rounds(300) {
      var source = ChoiceSource(seed: seed)
      let program = generator.draw(from: &source)
      guard let finding = run.run(program, &source).finding else { continue }
      found += 1
      var again = ChoiceSource(replaying: source.choices)
      let same = generator.draw(from: &again)
      #expect(same == program)
      #expect(run.run(same, &again).finding == finding)
    }
    #expect(found > 0)
  }

  @Test func `that differs from an earlier one says in one line where`() throws {
    let file = try KeptCases.read("A13.case")
    let book = KeptCases.book(file)
    let run = ControlledRun(cpus: 2, book)
    let told = run.describing(file.program) { run.replay(file.program, file.script) }
    let (rows, script, finding) = (told.rows, told.script, told.finding)
    #expect(finding == file.finding)
    #expect(run.difference(file.program, script, from: rows, finding) == nil)
    let difference = try #require(run.difference(file.program, Script(), from: rows, finding))
    #expect(
      difference.hasSuffix(
        " was \"0 0 has released rangeTree\" once, then \"0 0 takes rangeTree\""))
    #expect(
      run.difference(file.program, script, from: rows, nil)
        == "row \(rows.count + 1) was \"no law broken\" once, "
        + "then \"nothingAbsentIsUsed: a range is removed that was freed\"")
    #expect(
      run.difference(file.program, script, from: Array(rows.dropLast()), finding)?.hasPrefix(
        "row \(rows.count) was ") == true)
  }

  /// In a process of its own: what locks do not keep apart may also crash.
  @Test func `whose locks keep nobody out breaks a law`() async {
    await #expect(processExitsWith: .exitCode(42)) {
      let book = LawBook(.every, isSequential: false, cpus: 3)
      // Threads, so that ThreadSanitizer has nothing to say before the laws do.
      let run = ControlledRun(cpus: 3, book, carrier: .dispatch)
      run.locksLock = false
      for number in 0..<UInt64(5000) {
        var source = ChoiceSource(seed: Seed(0x9e37_79b9).derived(number))
        let program = canaryPrograms.draw(from: &source)
        if run.run(program, &source).finding != nil { exit(42) }
      }
    }
  }

  @Test func `follow a schedule also where the domain can't be made`() throws {
    var settings = ProgramSettings()
    settings.cpus = 2
    settings.refusedRequest = 1
    let program = Program(settings, [Command(.unplug, on: CPU(1))])
    let run = ControlledRun(cpus: 2, LawBook(.every, isSequential: false, cpus: 2))
    for fit in ScriptFit.allCases { #expect(run.replay(program, Script(), fit).finding == nil) }
  }
}

/// Swift's hashing and the addresses of objects differ from process to process, so only two
/// processes can show that none of it reaches an execution.
@Suite struct `Two processes that interleave` {
  @Test func `print the same thousand traces, on every carrier, twice, byte for byte`()
    async throws
  {
    let first = try #require(await outputOfAProcess())
    let second = try #require(await outputOfAProcess())
    #expect(first.count > 1_000_000)
    #expect(first == second)
  }

  private func outputOfAProcess() async -> [UInt8]? {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardOutputContent]
    ) {
      printTraces()
    }
    return result?.standardOutputContent
  }
}

/// The rows and the schedule of each program; those of other carriers and of a second run only
/// where they differ.
private func printTraces() {
  let runs = ControlledRun.carriers.map { carrier in
    ControlledRun(
      cpus: 3, LawBook(.every, isSequential: false, cpus: 3), carrier: carrier)
  }
  for number in 0..<1000 as Range<UInt64> {
    let traces = (runs + runs).map { run -> String in
      var source = ChoiceSource(seed: Seed(0x9e37_79b9).derived(number))
      let program = canaryPrograms.draw(from: &source)
      let told = run.describing(program) { run.run(program, &source) }
      let (rows, script, finding) = (told.rows, told.script, told.finding)
      let lines = rows.map { "\($0.actor) \($0.text)" } + script.lines(cpus: 3)
      return (lines + [finding?.law ?? "lawful"]).joined(separator: "\n")
    }
    print(number, traces[0])
    if Set(traces).count > 1 {
      print("not deterministic: \(traces)")
      exit(1)
    }
  }
}

/// What an exit test can name: it captures nothing.
private let canaryPrograms = ProgramGenerator(.everything, cpus: 3, length: 12)
