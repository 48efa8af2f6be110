import Generators
import IOVA
import Invariants

/// `stress replay`: runs a saved case again.
enum ReplayCommand {
  /// How often a case of real threads is run before it counts as gone.
  private static let freeRuns = 200

  static func run(_ options: ReplayOptions) -> ExitStatus {
    let file: ProgramCase
    do throws(UsageError) {
      if let timeline = options.timeline { try RunCommand.checkTimeline(timeline) }
      file = try read(options.file)
    } catch {
      return Stress.misuse(error.message)
    }
    switch file.mode {
    case .sequential, .controlled: return replay(file, options)
    case .free: return replayFreely(file)
    }
  }

  private static func read(_ path: String) throws(UsageError) -> ProgramCase {
    let text = try TextFile.read(path)
    let file: ProgramCase
    do throws(ProgramCase.Malformed) {
      file = try ProgramCase(text)
    } catch {
      throw UsageError("\(path):\(error.line): \(error.reason)")
    }
    // Of a law that does not exist nobody can say that it holds.
    let laws = Law.all.map(\.name) + [ControlledRun.deadlockLaw]
    guard laws.contains(file.finding.law) else {
      throw UsageError.unknown("law", file.finding.law, among: laws).found(in: path)
    }
    return file
  }

  private static func replay(_ file: ProgramCase, _ options: ReplayOptions) -> ExitStatus {
    // Another law may break earlier; the question is whether the saved one still does.
    let others = Set(Law.all.filter { $0.name != file.finding.law })
    guard let counterexample = run(file, except: others) else {
      guard let other = run(file, except: []) else {
        Output.standard.line("gone: \(file.finding.law) holds now, and so do all other laws")
        return .notRepeated
      }
      Output.standard.line("gone: \(file.finding.law) holds now; another law breaks")
      print(other, options)
      return .notRepeated
    }
    print(counterexample, options)
    return .lawBroken
  }

  private static func run(_ file: ProgramCase, except exceptions: Set<Law>) -> Counterexample? {
    let cpus = file.program.settings.cpus
    let book = LawBook(
      .every, isSequential: file.mode == .sequential, cpus: cpus, except: exceptions)
    guard file.mode == .controlled else {
      return Counterexample(file.program, SequentialRun(book.judge))
    }
    return Counterexample(
      file.program, ControlledRun(cpus: cpus, book.judge), schedule: file.schedule)
  }

  private static func print(_ counterexample: Counterexample, _ options: ReplayOptions) {
    var report = FailureReport(
      counterexample: counterexample, replay: "swift run -c release stress replay \(options.file)")
    report.timeline = counterexample.drawTimeline(in: options.timeline)
    Output.standard.line(report.lines.joined(separator: "\n"))
  }

  private static func replayFreely(_ file: ProgramCase) -> ExitStatus {
    let book = LawBook(.every, isSequential: false, cpus: file.program.settings.cpus)
    let free = FreeRun(cpus: file.program.settings.cpus, book.judge)
    for number in 1...freeRuns {
      guard let finding = free.run(file.program), finding.law == file.finding.law else { continue }
      Output.standard.line(
        "✘ \(finding.law)\n  \(finding.evidence)\n"
          + "  run \(number) of at most \(freeRuns): not deterministic"
      )
      return .lawBroken
    }
    Output.standard.line("did not repeat in \(freeRuns) runs on real threads")
    return .notRepeated
  }
}
