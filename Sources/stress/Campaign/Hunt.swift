import Generators
import IOVA
import Invariants

/// Runs repeatable programs, in order or interleaved by choice, and makes those that fail minimal.
final class Hunt {
  /// How programs are run.
  enum Mode {
    /// On one thread, in order.
    case sequential(SequentialRun)
    /// Interleaved, with every switch drawn from the program's own choices.
    case controlled(ControlledRun)
  }

  let generator: ProgramGenerator
  let book: LawBook
  private let mode: Mode
  private var source = ChoiceSource(seed: Seed(0))
  /// Whether each request for memory of a program fails once.
  private let failsEach: Bool
  /// The request whose failure last broke a law; nil if none had to fail.
  private var refused: Int?
  /// Programs run to make failures minimal.
  private var evaluations = 0

  /// A hunt on one thread.
  init(_ plan: RunPlan) {
    generator = plan.generator
    failsEach = plan.failsEach
    book = LawBook(
      plan.diligence, isSequential: true, cpus: max(plan.threads, ProgramGenerator.mostCPUs),
      except: plan.exceptions)
    counted = Tally(cpus: 1)
    mode = .sequential(SequentialRun(book))
  }

  /// A hunt through interleavings.
  init(controlling plan: RunPlan) {
    generator = plan.controlledGenerator
    failsEach = plan.failsEach
    let cpus = generator.cpus ?? 1
    book = LawBook(plan.diligence, isSequential: false, cpus: cpus, except: plan.exceptions)
    let run = ControlledRun(cpus: cpus, book)
    if let policy = plan.policy { run.policy = Portfolio(only: policy) }
    mode = .controlled(run)
    triesAll = plan.policy == .exhaustive
    counted = Tally(cpus: cpus + 1)
  }

  /// The most orders of one program that are tried.
  static let mostOrders = 2000

  /// Whether each program is run in all its orders, unless there are too many.
  private var triesAll = false

  /// What was done so far, without what the runs and the book count.
  private var counted: Tally

  /// In order, a round is a program.
  var rounds: Int { counted.programs }

  /// What was done so far.
  var tally: Tally {
    var tally = counted
    tally.rounds = rounds
    switch mode {
    case .sequential(let run): tally.commands = run.commandCount
    case .controlled(let run): tally.commands = run.commandCount
    }
    tally.checks = book.checks
    tally.milestones = book.milestones
    return tally
  }

  /// What the last interleaved program came to.
  private var execution: Execution?

  /// The policy that chose the interleaving of the last failing program; nil in order.
  private(set) var finder: String?

  /// Draws and runs one program; returns its choices if it fails.
  func attempt(_ seed: Seed) -> (choices: ChoiceSequence, finding: Finding)? {
    counted.programs += 1
    source.reset(seed: seed)
    guard case .controlled(let run) = mode else {
      return fail(&source, generator).map { (source.choices, $0) }
    }
    run.forgetOrders()
    if let finding = fail(&source, generator) { return (source.choices, finding) }
    if let execution, let depth = execution.depth {
      counted.claim.count(depth: depth, steps: execution.steps, planned: execution.planned)
    }
    return triesAll ? attemptAll(seed) : nil
  }

  /// Runs the program of a seed in all further orders.
  private func attemptAll(_ seed: Seed) -> (choices: ChoiceSequence, finding: Finding)? {
    for _ in 1..<Self.mostOrders
    where execution?.hasTriedAll != true && !Signals.endIsRequested {
      source.reset(seed: seed)
      if let finding = fail(&source, generator) { return (source.choices, finding) }
    }
    return nil
  }

  /// Runs a program in order; a failure counts only if the faults are to blame.
  func judge(_ program: Program) -> Finding? {
    guard let finding = run(program, &source) else { return nil }
    guard !program.settings.faults.isEmpty else { return finding }
    var twin = program
    twin.settings = program.settings.withoutFaults
    return isBlameless(run(twin, &source), finding) ? nil : finding
  }

  /// Draws and runs a program; a failure counts only if the faults are to blame.
  private func fail(_ source: inout ChoiceSource, _ generator: ProgramGenerator) -> Finding? {
    var program = generator.draw(from: &source)
    refused = nil
    guard failsEach else { return fail(program, &source, generator) }
    let drawn = source
    if let finding = fail(program, &source, generator) { return finding }
    repeat {
      if refused != nil { counted.refusals += 1 }
      refused = (refused ?? 0) + 1
      program.settings.refusedRequest = refused
      source = drawn
      if let finding = fail(program, &source, generator) { return finding }
    } while !isRefusalDue && !Signals.endIsRequested
    return nil
  }

  private func fail(
    _ program: Program, _ source: inout ChoiceSource, _ generator: ProgramGenerator
  ) -> Finding? {
    counted.executions += 1
    let found = run(program, &source)
    isRefusalDue = wasRefusalDue
    guard let found else { return nil }
    finder = execution?.finder
    guard !program.settings.faults.isEmpty else { return found }
    var twin = program
    twin.settings = program.settings.withoutFaults
    var again = ChoiceSource(replaying: source.choices)
    _ = generator.draw(from: &again)
    if isBlameless(run(twin, &again), found) { return nil }
    return isBlameless(follow(program, source.choices, generator, by: twin), found) ? nil : found
  }

  /// Runs a twin, which may draw other choices for the same steps, step by step as the program ran;
  /// nil in order, where there is only one way.
  private func follow(
    _ program: Program, _ choices: ChoiceSequence, _ generator: ProgramGenerator, by twin: Program
  ) -> Finding? {
    guard case .controlled(let run) = mode else { return nil }
    var again = ChoiceSource(replaying: choices)
    _ = generator.draw(from: &again)
    let trace = run.tracing { run.run(program, &again) }.trace
    return run.replay(twin, trace.schedule).finding
  }

  /// Whether the last program run ended before the request that was to fail; the same for the last
  /// one that had its faults.
  private var wasRefusalDue: Bool {
    switch mode {
    case .sequential(let run): run.isRefusalDue
    case .controlled(let run): run.isRefusalDue
    }
  }
  private var isRefusalDue = false

  /// Draws a program, together with the request that has to fail for a law to break.
  private func drawFailing(
    _ source: inout ChoiceSource, _ generator: ProgramGenerator
  ) -> Program {
    if failsEach {
      var first = source
      _ = fail(&first, generator)
    }
    var program = generator.draw(from: &source)
    if let refused { program.settings.refusedRequest = refused }
    return program
  }

  private func run(_ program: Program, _ source: inout ChoiceSource) -> Finding? {
    switch mode {
    case .sequential(let run): return run.run(program)
    case .controlled(let run):
      execution = run.run(program, &source)
      return execution?.finding
    }
  }

  private func isBlameless(_ twin: Finding?, _ finding: Finding) -> Bool {
    guard twin?.law == finding.law else { return false }
    counted.unblamed += 1
    return true
  }

  // MARK: Minimal programs

  /// Short programs tried in a row before the best one is considered the shortest.
  static let shortPrograms = 20_000
  /// Further failures that are made minimal, and programs drawn to find them.
  static let restarts = 12
  static let restartPrograms = 3000
  /// The most programs run to see what can be removed from the simplest one.
  static let mostReductions = 20_000
  /// Up to this many commands, short programs drawn at random are as good as all of them.
  static let shortLength = 3

  /// The simplest program that breaks the same law; with its schedule if interleaved.
  func shrink(_ choices: ChoiceSequence, seed: Seed, stopping: () -> Bool) -> Counterexample? {
    guard case .controlled(let run) = mode else {
      return shrinkInOrder(choices, seed: seed, stopping: stopping)
    }
    var source = ChoiceSource(replaying: choices)
    let program = drawFailing(&source, generator)
    let failing = run.tracing { run.run(program, &source) }
    guard failing.finding != nil else { return nil }
    return shrink(program, failing.trace.schedule, on: run, stopping)
  }

  private func shrink(
    _ program: Program, _ schedule: Schedule, on run: ControlledRun, _ stopping: () -> Bool
  ) -> Counterexample? {
    ProgramShrinker().shrink(program, schedule, on: run, shouldStop: stopping)
      .flatMap { Counterexample($0, run) }
  }

  /// Interleaved programs as short as the best one that are tried in a row before it is considered
  /// the shortest.
  static let shortInterleavings = 5000

  /// A failure of interleaved programs that breaks the same law and is no longer than `best`.
  ///
  /// No single change makes `best` simpler, but another program may be simpler. The same seed gives
  /// the same answer, unless the search is stopped.
  func simplest(
    from best: Counterexample, seed: Seed, stopping: () -> Bool
  ) -> Counterexample {
    guard case .controlled(let run) = mode else { return best }
    var best = best
    var (number, failed) = (UInt64(1) << 32, 0)
    while best.size > (0, 0), failed < Self.shortInterleavings, !stopping() {
      var short = generator
      short.length = UInt64(best.size.0) + 1
      number += 1
      failed += 1
      source.reset(seed: seed.derived(number))
      run.forgetOrders()
      let count = best.size.0 + (best.size.1 > 0 ? 1 : 0)
      let drawn = short.draw(from: &source)
      guard drawn.commands.count < count else { continue }
      source.reset(seed: seed.derived(number))
      guard fail(&source, short)?.law == best.finding.law else { continue }
      var again = ChoiceSource(replaying: source.choices)
      let program = drawFailing(&again, short)
      let trace = run.tracing { run.run(program, &again) }.trace
      guard let other = shrink(program, trace.schedule, on: run, stopping),
        other.finding.law == best.finding.law, other.size < best.size
      else { continue }
      let (before, evaluations) = (best.commandsBefore, best.evaluations + other.evaluations)
      best = other
      best.commandsBefore = before
      best.evaluations = evaluations
      failed = 0
    }
    return best
  }

  /// Editing choices ends in a local minimum, so further failures of the same law are made minimal
  /// too, and short programs are drawn afresh until none of many is shorter. The same seed gives
  /// the same answer, unless the search is stopped.
  private func shrinkInOrder(
    _ choices: ChoiceSequence, seed: Seed, stopping: () -> Bool
  ) -> Counterexample? {
    guard var best = simplest(choices, generator, stopping) else { return nil }
    var original = ChoiceSource(replaying: choices)
    let before = generator.draw(from: &original).commands.count
    var restarts = 0
    for number in 1...UInt64(Self.restartPrograms) {
      if restarts >= Self.restarts || best.size.0 <= Self.shortLength || stopping() { break }
      source.reset(seed: seed.derived(number))
      guard fail(&source, generator)?.law == best.finding.law else { continue }
      restarts += 1
      improve(&best, generator, stopping)
    }
    var number = UInt64(Self.restartPrograms)
    var failed = 0
    while best.size.0 > 0, failed < Self.shortPrograms, !stopping() {
      var short = generator
      short.length = UInt64(best.size.0) + 1
      number += 1
      source.reset(seed: seed.derived(number))
      let isShort = short.draw(from: &source).commands.count < best.size.0
      source.reset(seed: seed.derived(number))
      let isShorter = isShort && fail(&source, short)?.law == best.finding.law
      failed = isShorter && improve(&best, short, stopping) ? 0 : failed + 1
    }
    best = reduced(best)
    best.commandsBefore = before
    best.evaluations = evaluations
    return best
  }

  /// Removes from a program that runs in order what no choice of the generator can leave out.
  ///
  /// This takes little time compared with what came before, so no time limit applies.
  private func reduced(_ best: Counterexample) -> Counterexample {
    guard case .sequential(let run) = mode else { return best }
    let (before, most) = (counted.unblamed, evaluations + Self.mostReductions)
    defer { counted.unblamed = before }
    var reducer = ProgramReducer(best.program) { program, _ in
      self.evaluations += 1
      return self.judge(program)?.law == best.finding.law ? program : nil
    }
    reducer.isOver = { Signals.endIsRequested || self.evaluations >= most }
    reducer.reduce()
    return Counterexample(reducer.program, run) ?? best
  }

  /// Makes the program in the source minimal, and keeps it if it is shorter than the best one.
  @discardableResult
  private func improve(
    _ best: inout Counterexample, _ generator: ProgramGenerator, _ stopping: () -> Bool
  ) -> Bool {
    guard let other = simplest(source.choices, generator, stopping),
      other.finding.law == best.finding.law, other.size < best.size
    else { return false }
    best = other
    return true
  }

  private func simplest(
    _ choices: ChoiceSequence, _ generator: ProgramGenerator, _ stopping: () -> Bool
  ) -> Counterexample? {
    let result = Shrinker().shrink(choices, shouldStop: stopping) { source in
      self.fail(&source, generator)?.law
    }
    evaluations += result.statistics.evaluations
    guard result.failure != nil else { return nil }
    var minimal = ChoiceSource(replaying: result.minimal)
    let program = drawFailing(&minimal, generator)
    switch mode {
    case .sequential(let run): return Counterexample(program, run)
    case .controlled(let run):
      let schedule = result.minimal.values.dropFirst(minimal.count)
      return Counterexample(program, run, schedule: Array(schedule))
    }
  }
}
