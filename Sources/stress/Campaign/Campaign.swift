import Generators
import IOVA
import Invariants

/// One run of `stress`: rounds until the time, the number, a signal or a broken law ends it.
final class Campaign {
  private let plan: RunPlan
  private let clock = ContinuousClock()
  private let started: ContinuousClock.Instant
  private var progress: Progress
  private var summary: RunSummary

  /// Time that is spent on making one failure minimal.
  static let shrinkingTime = Duration.seconds(20)
  /// Time that is spent on finding a failure of threads again on one.
  static let searchTime = Duration.seconds(5)
  /// How often a free run is repeated to see whether its failure comes back.
  static let freeRepeats = 20
  /// How often each drawn program is run on threads: each time they meet otherwise.
  static let runsPerProgram = 4

  /// Interleaved programs of one round.
  static let controlledPerRound = 64

  private var source = ChoiceSource(seed: Seed(0))
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

  private var isOver: Bool {
    if Signals.endIsRequested { return true }
    if let rounds = plan.rounds, summary.rounds >= rounds { return true }
    if let time = plan.time, clock.now - started >= time { return true }
    return false
  }

  /// Notes how far the run is, and says so when it is time to.
  private func tick(_ commands: UInt64, _ books: LawBook...) {
    summary.rounds += 1
    summary.commands = commands
    guard summary.rounds % 16 == 0 || plan.threads > 1 else { return }
    progress.update(after: clock.now - started, counts(books))
  }

  private func counts(_ books: [LawBook]) -> ProgressCounts {
    note(books)
    return ProgressCounts(
      rounds: summary.rounds, commands: Int(summary.commands), checks: Int(summary.checks),
      lawsBroken: summary.failures.count, rareStatesReached: summary.milestones.count,
      rareStatesKnown: Milestone.allCases.count)
  }

  private func note(_ books: LawBook...) { note(books) }

  private func note(_ books: [LawBook]) {
    summary.checks = books.reduce(0) { $0 + $1.checks }
    summary.milestones = books.reduce(into: []) { $0.formUnion($1.milestones) }
  }

  // MARK: One thread

  private func runSequentially() -> ExitStatus {
    let hunt = Hunt(plan)
    defer { note(hunt.book) }
    while !isOver {
      let seed = plan.seed(ofRound: summary.rounds + 1)
      let failure = hunt.attempt(seed)
      tick(hunt.commandCount, hunt.book)
      guard let failure else { continue }
      let minimal = shrink(
        failure.choices, seed,
        plan.diligence == .every ? hunt : Hunt(plan.judgingEverything))
      return report(minimal, seed, threads: 1, failure.finding)
    }
    return .clean
  }

  private func shrink(
    _ choices: ChoiceSequence, _ seed: Seed, _ hunt: Hunt
  ) -> Counterexample? {
    let deadline = clock.now + Self.shrinkingTime
    return hunt.shrink(choices, seed: seed) { Signals.endIsRequested || self.clock.now >= deadline }
  }

  /// Prints and saves a failure that one thread repeats.
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
    summary.failures.append(counterexample.finding)
    summary.minimalCommands = counterexample.program.commands.count
    // What was found on threads is found on them again, and then on one thread as before.
    let runs = threads == 1 || mode == .controlled ? 1 : Self.runsPerProgram
    var plan = plan
    plan.threads = threads
    plan.mode = mode == .controlled ? .controlled : plan.mode
    let command =
      "swift run -c release stress --threads \(threads) --seed \(seed) --rounds \(runs)"
    var report = FailureReport(
      counterexample: counterexample, finder: finder, replay: command + plan.optionsText)
    report.caseFile = save(
      ProgramCase(counterexample.finding, counterexample.program, counterexample.schedule), seed)
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

  /// Programs on threads and interleaved programs in turn, each for as long as the other.
  private func runOnSeveral() -> ExitStatus {
    let book = LawBook(
      plan.diligence, isSequential: false, cpus: plan.threads, except: plan.exceptions)
    let free = FreeRun(cpus: plan.threads, book.judge)
    let hunt = Hunt(controlling: plan)
    defer { note(book, hunt.book) }
    var freeTime = Duration.zero
    var controlledTime = Duration.zero
    while !isOver {
      let begin = clock.now
      let isFree = plan.mode == .free || (plan.mode == .both && freeTime <= controlledTime)
      let seed = plan.seed(ofRound: summary.rounds + 1)
      let status = isFree ? runFreely(seed, free, book, hunt) : runControlled(seed, book, hunt)
      if let status { return status }
      if isFree { freeTime += clock.now - begin } else { controlledTime += clock.now - begin }
    }
    return .clean
  }

  /// One program on threads, several times; the exit status if a law breaks.
  private func runFreely(
    _ seed: Seed, _ free: FreeRun, _ book: LawBook, _ hunt: Hunt
  ) -> ExitStatus? {
    source.reset(seed: seed)
    let program = plan.generator.draw(from: &source)
    for _ in 0..<Self.runsPerProgram where !isOver {
      let finding = free.run(program)
      freeCommands += UInt64(program.commands.count)
      tick(freeCommands + hunt.commandCount, book, hunt.book)
      if let finding { return searchAgain(finding, program, source.choices, seed, free) }
    }
    return nil
  }

  /// Some interleaved programs; the exit status if a law breaks.
  private func runControlled(_ seed: Seed, _ book: LawBook, _ hunt: Hunt) -> ExitStatus? {
    for number in 0..<UInt64(Self.controlledPerRound) where !Signals.endIsRequested {
      let own = number == 0 ? seed : seed.derived(number)
      guard let failure = hunt.attempt(own) else { continue }
      tick(freeCommands + hunt.commandCount, book, hunt.book)
      let finder = hunt.finder
      let minimal = shrink(
        failure.choices, own,
        plan.diligence == .every ? hunt : Hunt(controlling: plan.judgingEverything))
      return report(
        minimal, own, threads: plan.threads, failure.finding, mode: .controlled, finder: finder)
    }
    tick(freeCommands + hunt.commandCount, book, hunt.book)
    return nil
  }

  /// Looks for a failure of threads on one thread, where it can be made minimal; says so if it
  /// can't be found there.
  private func searchAgain(
    _ finding: Finding, _ program: Program, _ choices: ChoiceSequence, _ seed: Seed, _ free: FreeRun
  ) -> ExitStatus {
    progress.clear()
    let law = finding.law
    Output.standard.line("\(law) broke on \(plan.threads) threads: \(finding.evidence)")
    let hunt = Hunt(plan.judgingEverything)
    if hunt.judge(program)?.law == law {
      Output.standard.line("the same program breaks it on one thread as well")
      return report(shrink(choices, seed, hunt), seed, threads: plan.threads, finding)
    }
    if let status = convert(finding, program, seed) { return status }
    var alone = plan.judgingEverything
    alone.threads = 1
    for (hunt, mode) in [(Hunt(alone), RunMode.both), (Hunt(controlling: plan), .controlled)] {
      let place = mode == .controlled ? "interleaved by choice" : "on one thread"
      let deadline = clock.now + Self.searchTime
      var tries: UInt64 = 0
      while clock.now < deadline, !Signals.endIsRequested {
        tries += 1
        let other = seed.derived(tries)
        guard let failure = hunt.attempt(other), failure.finding.law == law else { continue }
        Output.standard.line("found again \(place), by program \(tries)")
        let threads = mode == .controlled ? plan.threads : 1
        let finder = hunt.finder
        return report(
          shrink(failure.choices, other, hunt), other, threads: threads, finding, mode: mode,
          finder: finder)
      }
    }
    return reportFree(finding, program, seed, free)
  }

  /// Looks for the failure in the interleavings of the very same commands.
  private func convert(_ finding: Finding, _ program: Program, _ seed: Seed) -> ExitStatus? {
    let deadline = clock.now + Self.searchTime
    let conversion = Hunt.convert(
      program, law: finding.law, plan: plan.judgingEverything, seed: seed
    ) { Signals.endIsRequested || self.clock.now >= deadline }
    guard let conversion else { return nil }
    let times = conversion.executions
    Output.standard.line(
      "the same commands break it interleaved by choice, in execution \(times)")
    return report(
      conversion.counterexample, seed, threads: plan.threads, finding, finder: conversion.finder)
  }

  /// A failure that only threads show: how often it comes back, honestly.
  private func reportFree(
    _ finding: Finding, _ program: Program, _ seed: Seed, _ free: FreeRun
  ) -> ExitStatus {
    var again = 0
    for _ in 0..<Self.freeRepeats where free.run(program)?.law == finding.law { again += 1 }
    summary.failures.append(finding)
    let path = save(ProgramCase(finding, .free, program), seed)
    var lines = [
      "✘ \(finding.law)", "  \(finding.evidence)", "",
      "  \(program.commands.count) commands on \(plan.threads) threads; "
        + "not found on one thread, nor interleaved",
      "  not deterministic: the same program broke the law in \(again) of "
        + "\(Self.freeRepeats) more runs",
      "  replay   swift run -c release stress --threads \(plan.threads) --seed \(seed) --rounds "
        + "\(Self.runsPerProgram)\(plan.optionsText)",
    ]
    if let path { lines.append("  or       swift run -c release stress replay \(path)") }
    Output.standard.line(lines.joined(separator: "\n"))
    return again > 0 ? .lawBroken : .notRepeated
  }
}
