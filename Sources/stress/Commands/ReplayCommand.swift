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
    if options.timeline != nil, options.asTest || file.mode != .controlled {
      let reason = options.asTest ? "a test is only printed" : "no CPUs are interleaved"
      Stress.warn(["--timeline has no effect: \(reason)"])
    }
    if options.states, options.asTest || file.mode == .free {
      let reason = options.asTest ? "a test is only printed" : "real threads do not stop"
      Stress.warn(["--states has no effect: \(reason)"])
    }
    if options.asTest {
      Output.standard.line(CaseTest(file).text)
      return .clean
    }
    switch file.mode {
    case .sequential: return replay(file, options)
    case .controlled: return replayInterleaved(file, options)
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
    // Nothing can be said about a law that does not exist.
    let laws = Law.all.map(\.name) + [ControlledRun.deadlockLaw]
    guard laws.contains(file.finding.law) else {
      throw UsageError.unknown("law", file.finding.law, among: laws).found(in: path)
    }
    return file
  }

  private static func replay(_ file: ProgramCase, _ options: ReplayOptions) -> ExitStatus {
    let program = file.program
    let run = SequentialRun(book(of: file))
    guard let counterexample = Counterexample(program, run) else {
      let everything = SequentialRun(
        LawBook(.every, isSequential: true, cpus: program.settings.cpus))
      guard let other = Counterexample(program, everything) else {
        Output.standard.line("gone: \(file.finding.law) holds now, and so do all other laws")
        print(everything.states(program), options)
        return file.statusIfGone
      }
      Output.standard.line("gone: \(file.finding.law) holds now; another law breaks")
      print(other, options)
      print(everything.states(other.program), options)
      return file.statusIfGone
    }
    let law = file.finding.law
    let isSame = counterexample.finding.evidence == file.finding.evidence
    Output.standard.line(
      isSame
        ? "exact: \(law) breaks, with the same evidence"
        : "adapted: \(law) still breaks, with other evidence than \"\(file.finding.evidence)\"")
    print(counterexample, options)
    print(run.states(counterexample.program), options)
    return .lawBroken
  }

  private static func replayInterleaved(
    _ file: ProgramCase, _ options: ReplayOptions
  ) -> ExitStatus {
    let program = file.program
    let run = ControlledRun(cpus: program.settings.cpus, book(of: file))
    let replay = CaseReplay(file, on: run)
    Output.standard.line(replay.summary(of: file.finding.law))
    guard let script = replay.script else {
      print(run.states(of: file), options)
      return file.statusIfGone
    }
    guard let counterexample = Counterexample(program, run, script: script) else {
      Output.standard.line("not deterministic: the same schedule broke no law the second time")
      return .notRepeated
    }
    print(counterexample, options)
    print(run.states(program) { run.replay(program, script) }, options)
    return .lawBroken
  }

  /// Judges only the saved law: another one may break earlier, and what matters is whether the
  /// saved one still breaks.
  private static func book(of file: ProgramCase) -> LawBook {
    LawBook(
      .every, isSequential: file.mode == .sequential, cpus: file.program.settings.cpus,
      except: Set(Law.all.filter { $0.name != file.finding.law }))
  }

  private static func print(_ counterexample: Counterexample, _ options: ReplayOptions) {
    var report = FailureReport(
      counterexample: counterexample, replay: "swift run -c release stress replay \(options.file)")
    report.timeline = counterexample.drawTimeline(in: options.timeline)
    Output.standard.line(report.lines.joined(separator: "\n"))
  }

  private static func print(_ states: @autoclosure () -> StateList, _ options: ReplayOptions) {
    guard options.states else { return }
    Output.standard.line("\n" + states().lines.joined(separator: "\n"))
  }

  private static func replayFreely(_ file: ProgramCase) -> ExitStatus {
    let free = FreeRun(cpus: file.program.settings.cpus, book(of: file))
    for number in 1...freeRuns {
      guard let finding = free.run(file.program), finding.law == file.finding.law else { continue }
      Output.standard.line(
        "✘ \(finding.law)\n  \(finding.evidence)\n"
          + "  run \(number) of at most \(freeRuns): not deterministic"
      )
      return .lawBroken
    }
    Output.standard.line("did not repeat in \(freeRuns.of("run")) on real threads")
    return file.statusIfGone
  }
}

extension ProgramCase {
  /// For a fixed bug, the law is expected to hold.
  fileprivate var statusIfGone: ExitStatus { expectation == .lawful ? .clean : .notRepeated }
}
