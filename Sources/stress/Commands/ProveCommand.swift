import Foundation
import Generators
import IOVA
import Invariants

/// `stress prove`: every program up to a size, under every distinct interleaving.
enum ProveCommand {
  /// The most programs, and interleavings of them: more would not fit a weekend.
  private static let mostPrograms = 100_000_000
  private static let mostInterleavings = 1e10

  static func run(_ options: ProveOptions) -> ExitStatus {
    let workload = options.workload ?? Workload.cache.name
    guard [Workload.cache.name, Workload.tree.name].contains(workload) else {
      return Stress.misuse("--workload: a proof is of 'cache' or 'tree', not \(workload.quoted)")
    }
    var space = ProofSpace(
      cpus: options.cpus, commands: options.commands,
      usesCache: workload == Workload.cache.name)
    space.faults = FaultSet(options.faults.compactMap(Fault.named))
    space.revision = options.revision.flatMap(Revision.named) ?? .current
    guard let programs = space.count, programs <= mostPrograms else {
      let number = space.count.map { $0.grouped } ?? "more than \(Int.max.grouped)"
      return Stress.misuse("\(number) programs are too many; fewer CPUs or commands")
    }
    let interleavings = ProofCount(space).total
    guard interleavings <= mostInterleavings else {
      let number = Int(exactly: interleavings.rounded()).map { $0.grouped }
      return Stress.misuse(
        "\(number ?? "more than \(Int.max.grouped)") interleavings of \(programs.of("program")) "
          + "are too many; fewer CPUs or commands")
    }
    let exceptions = Set(options.except.compactMap(Law.named))
    let judges = (0..<ProcessInfo.processInfo.activeProcessorCount).map { _ in
      LawBook(.every, isSequential: false, cpus: options.cpus, except: exceptions)
    }
    let clock = ContinuousClock()
    let begin = clock.now
    let outcome = Prover(space).run(judges) { Signals.endIsRequested }
    let elapsed = clock.now - begin
    Output.standard.line(table(outcome).text)
    return conclude(outcome, space, exceptions, elapsed)
  }

  private static func table(_ outcome: Prover.Outcome) -> Table {
    var table = Table(columns: [
      .text("commands by CPU"), .number("programs"), .number("interleavings"),
      .number("by formula"), .number("cut off"),
    ])
    for (size, tally) in outcome.tallies.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      table.append([size.map(String.init).joined(separator: "+")] + cells(tally))
    }
    table.append(["all"] + cells(outcome.total))
    return table
  }

  private static func cells(_ tally: Prover.Tally) -> [String] {
    [tally.programs, tally.executions, tally.expected, tally.redundant].map(\.grouped)
  }

  private static func conclude(
    _ outcome: Prover.Outcome, _ space: ProofSpace, _ exceptions: Set<Law>, _ elapsed: Duration
  ) -> ExitStatus {
    if let (_, program, finding, schedule) = outcome.failure {
      let book = LawBook(.every, isSequential: false, cpus: space.cpus, except: exceptions)
      let run = ControlledRun(cpus: space.cpus, book)
      if let counterexample = Counterexample(program, run, following: schedule) {
        let report = FailureReport(counterexample: counterexample, replay: "the same proof")
        Output.standard.line(report.lines.joined(separator: "\n"))
        return .lawBroken
      }
      Output.standard.line("✘ \(finding.law)\n  \(finding.evidence)\n  it did not repeat")
      return .notRepeated
    }
    if let diverged = outcome.diverged {
      Output.standard.line("a program differed the second time: \(diverged.program.commands)")
      return .notRepeated
    }
    let total = outcome.total
    guard Int(total.programs) == space.count else {
      Output.standard.line(
        "stopped after \(total.programs.grouped) of \((space.count ?? 0).of("program")): "
          + "nothing is proved")
      return .clean
    }
    let isEqual = total.executions == total.expected
    Output.standard.line(
      "\(claim(space)) program of up to \(space.commands.of("command")) on each of "
        + "\(space.cpus.of("CPU")) in \(elapsed.text); the interleavings are "
        + (isEqual ? "as many as the formula says" : "NOT as many as the formula says"))
    for line in Table.wrapped(
      "left out, and not proved: " + space.leavesOut.joined(separator: "; "), at: Table.maxWidth)
    {
      Output.standard.line(line)
    }
    return isEqual ? .clean : .lawBroken
  }

  /// A fault that broke nothing was not refuted: it may need what the space leaves out.
  private static func claim(_ space: ProofSpace) -> String {
    let names = space.faults.faults.map(\.name).joined(separator: ", ")
    return names.isEmpty ? "proved for every" : "\(names) broke no law in any"
  }
}
