import Foundation
import Generators

/// The executable: parses its arguments, runs one command, and exits with its status.
@main
enum Stress {
  static let version = ProgramCase.programVersion

  static func main() {
    Signals.install()
    let status = status()
    // Output that nobody could read is no result.
    exit(Output.standard.hasFailed ? ExitStatus.misuse.rawValue : status.rawValue)
  }

  /// Reports a mistake on standard error, in one line.
  static func misuse(_ message: String) -> ExitStatus {
    Output.error.line("stress: \(message)")
    return .misuse
  }

  /// Reports on standard error what was asked for but has no effect, one line each.
  static func warn(_ lines: [String]) {
    for line in lines { Output.error.line("stress: \(line)") }
  }

  private static func status() -> ExitStatus {
    do throws(UsageError) {
      let invocation = try Arguments.parse(
        Array(CommandLine.arguments.dropFirst()),
        environment: ProcessInfo.processInfo.environment, vocabulary: .known)
      return perform(invocation)
    } catch {
      return misuse(error.message)
    }
  }

  private static func perform(_ invocation: Invocation) -> ExitStatus {
    switch invocation {
    case .run(let options): return RunCommand.run(options)
    case .trace(let options): return TraceCommand.run(options)
    case .replay(let options): return ReplayCommand.run(options)
    case .list(let options): return ListCommands.run(options)
    case .faults(let options): return FaultsCommand.run(options)
    case .prove(let options): return ProveCommand.run(options)
    case .bench(let options): return BenchCommand.run(options)
    case .claims(let options): return ClaimsCommand.run(options)
    case .help(let command):
      Output.standard.line(HelpText.about(command, .known))
    case .version:
      Output.standard.line("stress \(version)")
    }
    return .clean
  }
}
