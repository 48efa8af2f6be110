import Generators
import IOVA

/// `stress trace`: answers recorded traces, and compares.
enum TraceCommand {
  /// The most differences printed for one file.
  private static let shown = 10
  /// Lines printed before and after one that differs.
  private static let (before, after) = (3, 1)

  private struct File {
    let path: String
    let lines: [Substring]
    let trace: Recording
    let revision: Revision
  }

  static func run(_ options: TraceOptions) -> ExitStatus {
    var files: [File] = []
    for path in options.files {
      do throws(UsageError) {
        files.append(try read(path, options))
      } catch {
        return Stress.misuse(error.message)
      }
    }
    var (calls, differences) = (0, 0)
    for file in files {
      guard let replay = try? file.trace.replay(under: file.revision) else {
        return Stress.misuse("\(file.path): no memory for what is replayed")
      }
      calls += replay.calls
      differences += replay.differences.count
      print(replay.differences, of: file)
    }
    Output.standard.line(
      [files.count.of("file"), calls.of("call"), differences.of("difference")]
        .joined(separator: ", "))
    return differences == 0 ? .clean : .lawBroken
  }

  /// The first differences, each with the lines around it, and how many more there are.
  private static func print(_ differences: [TraceReplay.Difference], of file: File) {
    var told = 0
    for difference in differences.prefix(shown) {
      let line = difference.line
      Output.standard.line(
        "\(file.path):\(line): expected \(difference.expected), came \(difference.found) "
          + "under \(file.revision.name)")
      // A line is printed once, unless it is one that differs.
      for number in (line - before)...(line + after) where number > told || number == line {
        guard file.lines.indices.contains(number - 1), !file.lines[number - 1].isEmpty else {
          continue
        }
        let margin = String(repeating: " ", count: max(0, 7 - "\(number)".count))
        Output.standard.line(
          "\(number == line ? "✘" : " ")\(margin)\(number) │ \(file.lines[number - 1])")
      }
      told = line + after
    }
    if differences.count > shown {
      Output.standard.line("\(file.path): \((differences.count - shown).of("more difference"))")
    }
  }

  private static func read(_ path: String, _ options: TraceOptions) throws(UsageError) -> File {
    let text = try TextFile.read(path)
    let trace: Recording
    do throws(Trace.Malformed) {
      trace = try Recording(text)
    } catch {
      throw UsageError("\(path):\(error.line): \(error.reason)")
    }
    return File(
      path: path, lines: text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline),
      trace: trace, revision: try revision(of: trace, path, options))
  }

  /// The release named on the command line, else the one named by the file.
  private static func revision(
    of trace: Recording, _ path: String, _ options: TraceOptions
  ) throws(UsageError) -> Revision {
    guard let name = options.revision ?? trace.release else {
      throw UsageError("\(path): no comment names a release; say which with --revision")
    }
    guard let revision = Revision.named(name) else {
      throw UsageError("\(path): recorded from \(name), which is not known; say --revision")
    }
    return revision
  }
}
