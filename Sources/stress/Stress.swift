import Foundation
import Generators
import IOVA

@main
enum Stress {
  static func main() throws {
    for path in CommandLine.arguments.dropFirst() {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let trace = try Trace(text)
      let replay = try TraceReplay(trace, revision: Revision.named(trace.release ?? "")!)
      print(path, trace.release!, replay.calls, replay.differences.count)
      for d in replay.differences.prefix(3) { print(d) }
    }
  }
}
