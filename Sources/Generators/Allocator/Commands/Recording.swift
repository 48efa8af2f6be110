import IOVA

/// A trace of either kind, by its first line.
public enum Recording: Sendable {
  case allocator(Trace)
  case table(TableTrace)

  public init(_ text: String) throws(Trace.Malformed) {
    let isTable =
      text.lines.lazy.compactMap { line in
        line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" }).first
      }.first { !$0.hasPrefix("#") } == "table"
    self = isTable ? .table(try TableTrace(text)) : .allocator(try Trace(text))
  }

  /// The release named by the comments.
  public var release: String? {
    switch self {
    case .allocator(let trace): trace.release
    case .table(let trace): trace.release
    }
  }

  /// Answers every call, and returns the number of calls and the differences.
  public func replay(
    under revision: Revision
  ) throws(OutOfMemory) -> (calls: Int, differences: [TraceReplay.Difference]) {
    switch self {
    case .allocator(let trace):
      let replay = try TraceReplay(trace, revision: revision)
      return (replay.calls, replay.differences)
    case .table(let trace):
      let replay = try TableTraceReplay(trace, revision: revision)
      return (replay.calls, replay.differences)
    }
  }
}
