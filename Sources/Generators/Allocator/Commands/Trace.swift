import IOVA

/// A recorded run of an allocator: calls and their answers.
///
/// Text, one call per line; `#` starts a comment. Numbers after `0x` are hexadecimal, others
/// decimal.
public struct Trace: Sendable {
  /// One line: a call, and its answer where it has one.
  public enum Call: Hashable, Sendable {
    case reserve(PFNRange)
    case allocate(pages: UInt64, limit: PFN, aligned: Bool, answer: PFN?)
    case free(PFN)
    case allocateFast(cpu: CPU, pages: UInt64, limit: PFN, flush: Bool, answer: PFN?)
    case freeFast(cpu: CPU, pfn: PFN, pages: UInt64)
    case deferFree(cpu: CPU, pfn: PFN, pages: UInt64)
    case flushCaches(CPU)
    case flushDepots
    case advance(milliseconds: UInt64)
    case state(TraceState)
    /// Ranges in the tree, and full invalidations so far.
    case flushes(ranges: UInt64, flushes: UInt64)
  }

  /// A line that can't be read.
  public struct Malformed: Error, Hashable, Sendable {
    public let line: Int
    public let reason: String
  }

  public var granule: Granule
  public var start: PFN
  public var cpus: Int
  /// How invalidations are deferred; nil if they are not.
  public var flushQueue: FlushOptions?
  /// The release named by the comments, such as `linux-6.12`.
  public var release: String?
  /// Each call with its line number, from 1.
  public var calls: [(line: Int, call: Call)]

  /// The most CPUs that a trace may use.
  public static let maxCPUs = Machine.maxCPUs

  /// Reads a trace. The text must end with a line end, so that a trace cut off in the middle of a
  /// line is refused.
  public init(_ text: String) throws(Malformed) {
    var header: (Granule, PFN, Int, FlushOptions?)?
    var calls: [(line: Int, call: Call)] = []
    release = try Trace.scan(text) { (fields: inout TraceFields, line) throws(Malformed) in
      if let header {
        calls.append((line, try Trace.call(&fields, cpus: header.2)))
      } else {
        header = try Trace.header(&fields)
      }
    }
    guard let header else {
      throw Malformed(line: text.lines.count, reason: "no line \"domain …\"")
    }
    (granule, start, cpus, flushQueue) = header
    self.calls = calls
  }

  /// Passes every line that is no comment to `read`; returns the release that a comment names.
  static func scan(
    _ text: String, _ read: (inout TraceFields, _ line: Int) throws(Malformed) -> Void
  ) throws(Malformed) -> String? {
    let lines = text.lines
    guard lines.last?.isEmpty != false else {
      throw Malformed(line: lines.count, reason: "the file ends in the middle of this line")
    }
    var release: String?
    var number = 0
    for line in lines {
      number += 1
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
      guard let first = words.first else { continue }
      if first.hasPrefix("#") {
        release = release ?? Trace.release(in: words)
        continue
      }
      var fields = TraceFields(words, line: number)
      try read(&fields, number)
      try fields.end()
    }
    return release
  }

  /// "# recorded from Linux 6.12 (…" names linux-6.12.
  private static func release(in words: [Substring]) -> String? {
    guard let index = words.firstIndex(of: "Linux"), index + 1 < words.count else { return nil }
    let version = words[index + 1].prefix { $0.isNumber || $0 == "." }
    return version.isEmpty ? nil : "linux-\(version)"
  }

  private static func header(
    _ fields: inout TraceFields
  ) throws(Malformed) -> (Granule, PFN, Int, FlushOptions?) {
    guard fields.verb == "domain" else {
      throw fields.malformed("the first line is \"domain granule= start= cpus=\"")
    }
    let bytes = try fields.number("granule")
    guard let granule = Granule(bytes: bytes) else {
      throw fields.malformed("granule=\(bytes) is not a power of two")
    }
    let start = try fields.number("start")
    guard start >= 1 else { throw fields.malformed("start=0: the lowest usable pfn is at least 1") }
    let cpus = try fields.number("cpus")
    guard (1...UInt64(maxCPUs)).contains(cpus) else {
      throw fields.malformed("cpus=\(cpus) is not in 1...\(maxCPUs)")
    }
    return (granule, PFN(start), Int(cpus), try fields.flushQueue())
  }

  private static func call(_ fields: inout TraceFields, cpus: Int) throws(Malformed) -> Call {
    switch fields.verb {
    case "reserve":
      let lo = try fields.next()
      let hi = try fields.next()
      guard lo <= hi else { throw fields.malformed("the reservation ends below its beginning") }
      try fields.literal("=")
      try fields.literal("ok")
      return .reserve(PFNRange(PFN(lo), through: PFN(hi)))
    case "alloc":
      return .allocate(
        pages: try fields.pages(), limit: try fields.limit(), aligned: try fields.flag("aligned"),
        answer: try fields.answer())
    case "free": return .free(PFN(try fields.next()))
    case "allocFast":
      return .allocateFast(
        cpu: try fields.cpu(below: cpus), pages: try fields.pages(), limit: try fields.limit(),
        flush: try fields.flag("flush"), answer: try fields.answer())
    case "freeFast":
      return .freeFast(
        cpu: try fields.cpu(below: cpus), pfn: PFN(try fields.number("pfn")),
        pages: try fields.pages())
    case "deferFree":
      return .deferFree(
        cpu: try fields.cpu(below: cpus), pfn: PFN(try fields.number("pfn")),
        pages: try fields.pages())
    case "flushCPU":
      let cpu = try fields.next()
      guard cpu < cpus else { throw fields.malformed("the domain has no cpu \(cpu)") }
      return .flushCaches(CPU(Int(cpu)))
    case "flushDepots": return .flushDepots
    case "advance":
      let milliseconds = try fields.number("ms")
      guard milliseconds <= 1_000_000 else {
        throw fields.malformed("ms=\(milliseconds) is not in 0...1000000")
      }
      return .advance(milliseconds: milliseconds)
    case "state":
      let ranges = try fields.number("ranges")
      if fields.has("flushes") {
        return .flushes(ranges: ranges, flushes: try fields.number("flushes"))
      }
      return .state(
        TraceState(
          ranges: ranges, cached: try fields.node("cached"),
          cached32: try fields.node("cached32"), max32: try fields.number("max32")))
    default: throw fields.malformed("unknown call \"\(fields.verb)\"")
    }
  }
}

/// What a `state` line checks.
public struct TraceState: Hashable, Sendable, CustomStringConvertible {
  public var ranges: UInt64
  /// The `lo` of the node; nil is the anchor.
  public var cached: PFN?
  public var cached32: PFN?
  public var max32: UInt64

  public var description: String {
    let (high, low) = (cached.map { "\($0)" } ?? "anchor", cached32.map { "\($0)" } ?? "anchor")
    return "ranges=\(ranges) cached=\(high) cached32=\(low) max32=0x\(String(max32, radix: 16))"
  }
}
