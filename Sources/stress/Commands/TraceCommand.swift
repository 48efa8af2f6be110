import Generators
import IOVA

/// `stress trace`: answers recorded traces, and compares.
enum TraceCommand {
  /// Differences printed for one file.
  private static let shown = 10

  static func run(_ options: TraceOptions) -> ExitStatus {
    var traces: [(path: String, trace: Recording, revision: Revision)] = []
    for path in options.files {
      do throws(UsageError) {
        let trace = try read(path)
        traces.append((path, trace, try revision(of: trace, path, options)))
      } catch {
        return Stress.misuse(error.message)
      }
    }
    var (calls, differences) = (0, 0)
    for (path, trace, revision) in traces {
      guard let replay = try? trace.replay(under: revision) else {
        return Stress.misuse("\(path): no memory for what is replayed")
      }
      calls += replay.calls
      differences += replay.differences.count
      for difference in replay.differences.prefix(shown) {
        Output.standard.line(
          "\(path):\(difference.line): expected \(difference.expected), came \(difference.found)")
      }
      if replay.differences.count > shown {
        Output.standard.line("\(path): \(replay.differences.count - shown) more differences")
      }
    }
    Output.standard.line(
      "\(traces.count) files, \(calls.grouped) calls, \(differences.grouped) differences")
    return differences == 0 ? .clean : .lawBroken
  }

  private static func read(_ path: String) throws(UsageError) -> Recording {
    let text = try TextFile.read(path)
    do throws(Trace.Malformed) {
      return try Recording(text)
    } catch {
      throw UsageError("\(path):\(error.line): \(error.reason)")
    }
  }

  /// The release that the command line names, else the one that the file does.
  private static func revision(
    of trace: Recording, _ path: String, _ options: TraceOptions
  ) throws(UsageError) -> Revision {
    guard let name = options.revision ?? trace.release else {
      throw UsageError("\(path): no comment names a release; say which with --revision")
    }
    guard let revision = trace.revision(named: name) else {
      throw UsageError("\(path): recorded from \(name), which is not known; say --revision")
    }
    return revision
  }
}
