import Generators
import IOVA
import Invariants

/// One run of `stress`: rounds until time, their number, a signal or a broken law ends it.
final class Campaign {
  private let plan: RunPlan
  private let clock = ContinuousClock()
  private let started: ContinuousClock.Instant
  private var progress: Progress
  private var summary: RunSummary

  /// The time for making one failure minimal.
  static let shrinkingTime = Duration.seconds(20)
  /// The time for finding a failure of threads again on one thread.
  static let searchTime = Duration.seconds(5)
  /// How often a free run is repeated to see whether its failure comes back.
  static let freeRepeats = 20
  /// How often each drawn program is run on threads: each run is interleaved differently.
  static let runsPerProgram = 4

  private var source = ChoiceSource(seed: Seed(0))
  private var freeRounds = 0
  private var freeCommands: UInt64 = 0

  init(_ plan: RunPlan) {
    self.plan = plan
    started = clock.now
    progress = Progress(quiet: plan.quiet)
    summary = RunSummary(plan)
  }

  func run() -> ExitStatus {
    let status = plan.threads == 1 ? runSequentially() : runOnSeveral()
    progress.clear()
    summary.elapsed = clock.now - started
    summary.status = status
    Output.standard.line(summary.text)
    if let json = plan.json {
      do throws(FileError) {
        try AtomicFile.writeJSON(summary.record, to: json)
      } catch {
        return Stress.misuse(error.message)
      }
    }
    return status
  }

  private var isTimeOver: Bool { plan.time.map { clock.now - started >= $0 } ?? false }

  /// Whether as many rounds were run as may be, or for as long.
  private func isOver(after rounds: Int) -> Bool {
    Signals.endIsRequested || isTimeOver || plan.rounds.map { rounds >= $0 } ?? false
  }

  /// Records the progress of the run, and prints it when due.
  private func note(_ tally: Tally) {
    summary.tally = tally
    progress.update(
      after: clock.now - started,
      ProgressCounts(
        rounds: tally.rounds, commands: Int(tally.commands), checks: Int(tally.checks),
        refusals: plan.failsEach ? tally.refusals : nil,
        lawsBroken: summary.failures.count, rareStatesReached: tally.milestones.count,
        rareStatesKnown: RunSummary.known(plan).count))
  }

  private func note(finder: String, after executions: Int) {
    summary.discovery = Discovery(
      finder: finder, executions: executions, seconds: (clock.now - started) / .seconds(1))
  }

  // MARK: One thread

  private func runSequentially() -> ExitStatus {
    let hunt = Hunt(plan)
    while !isOver(after: hunt.rounds) {
      let seed = plan.seed(ofRound: hunt.rounds + 1)
      let failure = hunt.attempt(seed)
      if hunt.rounds % 16 == 0 { note(hunt.tally) }
      guard let failure else { continue }
      summary.tally = hunt.tally
      note(finder: Discovery.inOrder, after: hunt.tally.executions)
      let minimal = shrink(
        failure.choices, seed,
        plan.diligence == .every ? hunt : Hunt(plan.judgingEverything))
      return report(minimal, seed, threads: 1, failure.finding)
    }
    summary.tally = hunt.tally
    return .clean
  }

  private func shrink(
    _ choices: ChoiceSequence, _ seed: Seed, _ hunt: Hunt
  ) -> Counterexample? {
    let deadline = clock.now + Self.shrinkingTime
    let isOver = { Signals.endIsRequested || self.clock.now >= deadline }
    return hunt.shrink(choices, seed: seed, stopping: isOver)
      .map { hunt.simplest(from: $0, seed: seed, stopping: isOver) }
  }

  /// Prints and saves a failure that repeats on one thread.
  private func report(
    _ counterexample: Counterexample?, _ seed: Seed, threads: Int, _ finding: Finding,
    mode: RunMode = .both, finder: String? = nil
  ) -> ExitStatus {
    progress.clear()
    guard let counterexample else {
      summary.failures.append(finding)
      Output.standard.line("✘ \(finding.law)\n  \(finding.evidence)\n  it did not repeat")
      return .notRepeated
    }
    if let difference = counterexample.difference(plan) {
      summary.failures.append(counterexample.finding)
      Output.standard.line("✘ \(counterexample.finding.law): not deterministic: \(difference)")
      return .notRepeated
    }
    summary.failures.append(counterexample.finding)
    summary.minimalCommands = counterexample.program.commands.count
    summary.minimalSwitches = counterexample.switches
    // What was found on threads is found on threads again, and then on one thread as before.
    let runs = threads == 1 || mode == .controlled ? 1 : Self.runsPerProgram
    var plan = plan
    plan.threads = threads
    plan.mode = mode == .controlled ? .controlled : plan.mode
    let command =
      "swift run -c release stress --threads \(threads) --seed \(seed) --rounds \(runs)"
    var report = FailureReport(
      counterexample: counterexample, finder: finder, replay: command + plan.optionsText)
    report.caseFile = save(
      ProgramCase(counterexample.finding, counterexample.program, counterexample.script), seed)
    report.timeline = counterexample.drawTimeline(in: plan.timeline)
    Output.standard.line(report.lines.joined(separator: "\n"))
    return .lawBroken
  }

  private func save(_ file: ProgramCase, _ seed: Seed) -> String? {
    guard let folder = plan.cases else { return nil }
    do throws(FileError) {
      return try CaseStore(folder: folder).save(file, seed: seed)
    } catch {
      Output.error.line("stress: \(error.message)")
      return nil
    }
  }

  // MARK: Several threads

  /// Runs interleaved programs side by side, and programs on threads at the same time.
  private func runOnSeveral() -> ExitStatus {
    let (clock, end) = (clock, plan.time.map { started + $0 })
    let rounds = ControlledRounds(plan) { end.map { clock.now >= $0 } ?? false }
    if plan.mode != .free { rounds.start() }
    let book = LawBook(
      plan.diligence, isSequential: false, cpus: plan.threads, except: plan.exceptions)
    let isFree = plan.mode != .controlled && !plan.failsEach
    let failure = isFree ? runFreely(book, beside: rounds) : nil
    if failure != nil { rounds.stop() }
    while !rounds.wait(atMost: 0.1) { note(book, rounds) }
    note(book, rounds)
    let executions = freeRounds + rounds.tally.executions
    if let failure = rounds.failure {
      note(finder: failure.finder ?? Discovery.inOrder, after: executions)
      return report(failure)
    }
    if let failure {
      note(finder: Discovery.onThreads, after: executions)
      return searchAgain(failure)
    }
    let claim = rounds.tally.claim.description
    if plan.faults.isEmpty, plan.exceptions.isEmpty, !claim.isEmpty { summary.claim = claim }
    return .clean
  }

  /// Records the progress on threads and beside them, and prints it when due.
  private func note(_ book: LawBook, _ rounds: ControlledRounds) {
    var tally = rounds.tally
    tally.rounds += freeRounds
    tally.commands += freeCommands
    tally.checks += book.checks
    tally.milestones.formUnion(book.milestones)
    note(tally)
  }

  /// A failure of threads, and how it came about.
  private struct FreeFailure {
    let finding: Finding
    let program: Program
    let choices: ChoiceSequence
    let seed: Seed
    let run: FreeRun
    /// For each CPU, how many commands had begun.
    let begun: [Int]
  }

  /// Runs programs on threads, each several times, until one fails or the run is over.
  private func runFreely(_ book: LawBook, beside rounds: ControlledRounds) -> FreeFailure? {
    let free = FreeRun(cpus: plan.threads, book)
    while true {
      let seed = plan.seed(ofRound: freeRounds + 1)
      source.reset(seed: seed)
      let program = plan.generator.draw(from: &source)
      for _ in 0..<Self.runsPerProgram {
        if isOver(after: freeRounds) || rounds.failure != nil { return nil }
        let (finding, begun) = free.runNoting(program)
        freeRounds += 1
        freeCommands += UInt64(program.commands.count)
        note(book, rounds)
        guard let finding else { continue }
        return FreeFailure(
          finding: finding, program: program, choices: source.choices, seed: seed, run: free,
          begun: begun)
      }
    }
  }

  /// Makes a failure of interleaved programs minimal, and reports it.
  private func report(_ failure: ControlledRounds.Failure) -> ExitStatus {
    guard let finder = failure.finder else {
      let hunt = Hunt(plan.inOrder.judgingEverything)
      return report(
        shrink(failure.choices, failure.seed, hunt), failure.seed, threads: 1, failure.finding)
    }
    let hunt = Hunt(controlling: plan.judgingEverything)
    return report(
      shrink(failure.choices, failure.seed, hunt), failure.seed, threads: plan.threads,
      failure.finding, mode: .controlled, finder: finder)
  }

  /// Searches for a failure of threads on one thread, where it can be made minimal; reports it as
  /// is if it can't be found there.
  private func searchAgain(_ failure: FreeFailure) -> ExitStatus {
    let (finding, seed) = (failure.finding, failure.seed)
    progress.clear()
    let law = finding.law
    Output.standard.line("\(law) broke on \(plan.threads.of("thread")): \(finding.evidence)")
    let hunt = Hunt(plan.judgingEverything)
    if hunt.judge(failure.program)?.law == law {
      Output.standard.line("the same program breaks it on one thread as well")
      return report(shrink(failure.choices, seed, hunt), seed, threads: plan.threads, finding)
    }
    if let status = convert(failure) { return status }
    let alone = plan.inOrder.judgingEverything
    for (hunt, mode) in [(Hunt(alone), RunMode.both), (Hunt(controlling: plan), .controlled)] {
      let place = mode == .controlled ? "interleaved by choice" : "on one thread"
      let deadline = clock.now + Self.searchTime
      var tries: UInt64 = 0
      while clock.now < deadline, !Signals.endIsRequested {
        tries += 1
        let other = seed.derived(tries)
        guard let again = hunt.attempt(other), again.finding.law == law else { continue }
        Output.standard.line("found again \(place), by program \(tries)")
        let threads = mode == .controlled ? plan.threads : 1
        let finder = hunt.finder
        return report(
          shrink(again.choices, other, hunt), other, threads: threads, finding, mode: mode,
          finder: finder)
      }
    }
    return reportFree(failure)
  }

  /// Searches the interleavings of the same commands for the failure.
  private func convert(_ failure: FreeFailure) -> ExitStatus? {
    let (finding, seed) = (failure.finding, failure.seed)
    let deadline = clock.now + Self.searchTime
    let isLate = { (time: Duration) in
      Signals.endIsRequested || self.clock.now >= deadline + time
    }
    let conversion = Hunt.convert(
      failure.program, begun: failure.begun, law: finding.law, plan: plan.judgingEverything,
      seed: seed, shrinkingStops: { isLate(Self.shrinkingTime) }, stopping: { isLate(.zero) })
    guard let conversion else { return nil }
    let times = conversion.executions
    Output.standard.line(
      "the same commands break it interleaved by choice, in execution \(times)")
    return report(
      conversion.counterexample, seed, threads: plan.threads, finding, finder: conversion.finder)
  }

  /// Reports a failure that only threads show, and how often it comes back.
  private func reportFree(_ failure: FreeFailure) -> ExitStatus {
    let (finding, program, seed) = (failure.finding, failure.program, failure.seed)
    var plan = plan
    plan.mode = .free
    var again = 0
    for _ in 0..<Self.freeRepeats where failure.run.run(program)?.law == finding.law { again += 1 }
    summary.failures.append(finding)
    let path = save(ProgramCase(finding, .free, program), seed)
    var lines = [
      "✘ \(finding.law)", "  \(finding.evidence)", "",
      "  \(program.commands.count.of("command")) on \(plan.threads.of("thread")); "
        + "not found on one thread, nor interleaved",
      "  not deterministic: the same program broke the law in \(again) of "
        + "\(Self.freeRepeats.of("more run"))",
      "  replay   swift run -c release stress --threads \(plan.threads) --seed \(seed) --rounds "
        + "\(Self.runsPerProgram)\(plan.optionsText)",
    ]
    if let path { lines.append("  or       swift run -c release stress replay \(path)") }
    Output.standard.line(lines.joined(separator: "\n"))
    return again > 0 ? .lawBroken : .notRepeated
  }
}
