import IOVA

/// A recorded run of a page table: calls and their answers.
///
/// Text in the form of `Trace`; addresses and sizes are in bytes.
public struct TableTrace: Sendable {
  /// One line: a call and its answer.
  public enum Call: Hashable, Sendable {
    case map(DMAAddress, PhysicalAddress, BlockSize, Protection, answer: MapAnswer)
    case unmap(DMAAddress, BlockSize, bytes: UInt64)
    /// The answer is nil if nothing is mapped there.
    case translate(DMAAddress, answer: PhysicalAddress?)
  }

  /// The outcome of a mapping: the entry that was written, or why there is none.
  public enum MapAnswer: Hashable, Sendable, CustomStringConvertible {
    case ok(Descriptor)
    case refused(MapFailure)

    public var description: String {
      switch self {
      case .ok(let leaf): "ok leaf=\(leaf)"
      case .refused(let failure): failure.rawValue
      }
    }
  }

  public var configuration: TableConfiguration
  /// The release named by the comments, such as `linux-7.2`.
  public var release: String?
  /// Each call with its line number, from 1.
  public var calls: [(line: Int, call: Call)]

  /// Reads a trace, whose text must end with a line end.
  public init(_ text: String) throws(Trace.Malformed) {
    var header: TableConfiguration?
    var calls: [(line: Int, call: Call)] = []
    release = try Trace.scan(text) { (fields: inout TraceFields, line) throws(Trace.Malformed) in
      if header == nil {
        header = try TableTrace.header(&fields)
      } else {
        calls.append((line, try TableTrace.call(&fields)))
      }
    }
    guard let header else {
      throw Trace.Malformed(line: text.lines.count, reason: "no line \"table …\"")
    }
    configuration = header
    self.calls = calls
  }

  private static func header(
    _ fields: inout TraceFields
  ) throws(Trace.Malformed) -> TableConfiguration {
    guard fields.verb == "table" else {
      throw fields.malformed("the first line is \"table format= input= output= quirks= sizes=\"")
    }
    let format = try fields.value("format")
    guard format == "v7s" else { throw fields.malformed("the format \(format) is not known") }
    var configuration = TableConfiguration()
    configuration.inputBits = try fields.bits("input")
    configuration.outputBits = try fields.bits("output")
    configuration.quirks = try fields.quirks()
    configuration.sizes = try fields.sizes()
    if let refusal = configuration.refusal { throw fields.malformed(refusal.rawValue) }
    return configuration
  }

  private static func call(_ fields: inout TraceFields) throws(Trace.Malformed) -> Call {
    switch fields.verb {
    case "map":
      return .map(
        DMAAddress(try fields.number("iova")), PhysicalAddress(try fields.number("pa")),
        try fields.blockSize(), try fields.protection(), answer: try fields.mapAnswer())
    case "unmap":
      let iova = DMAAddress(try fields.number("iova"))
      let size = try fields.blockSize()
      try fields.literal("=")
      return .unmap(iova, size, bytes: try fields.next())
    case "translate":
      let iova = DMAAddress(try fields.next())
      try fields.literal("=")
      let answer = try fields.next()
      return .translate(iova, answer: answer == 0 ? nil : PhysicalAddress(answer))
    default: throw fields.malformed("unknown call \"\(fields.verb)\"")
    }
  }
}

extension TraceFields {
  fileprivate mutating func bits(_ key: String) throws(Trace.Malformed) -> Int {
    let bits = try number(key)
    guard bits <= 64 else { throw malformed("\(key)=\(bits) is more than 64 bits") }
    return Int(bits)
  }

  fileprivate mutating func quirks() throws(Trace.Malformed) -> TableQuirks {
    let text = try value("quirks")
    guard text != "none" else { return [] }
    var quirks: TableQuirks = []
    for name in text.split(separator: ",", omittingEmptySubsequences: false) {
      switch name {
      case "ns": quirks.insert(.nonSecure)
      case "no-perms": quirks.insert(.noPermissions)
      case "mtk-ext": quirks.insert(.extendedOutput)
      case "mtk-ttbr-ext": quirks.insert(.extendedTables)
      default: throw malformed("the quirk \"\(name)\" is not known")
      }
    }
    return quirks
  }

  private func blockSize(_ text: Substring) throws(Trace.Malformed) -> BlockSize {
    guard let size = BlockSize.allCases.first(where: { $0.description == text }) else {
      throw malformed("\"\(text)\" is not the size of a block")
    }
    return size
  }

  fileprivate mutating func blockSize() throws(Trace.Malformed) -> BlockSize {
    try blockSize(try value("size"))
  }

  fileprivate mutating func sizes() throws(Trace.Malformed) -> [BlockSize] {
    var sizes: [BlockSize] = []
    for name in try value("sizes").split(separator: ",", omittingEmptySubsequences: false) {
      sizes.append(try blockSize(name))
    }
    return sizes
  }

  fileprivate mutating func protection() throws(Trace.Malformed) -> Protection {
    let text = try value("prot")
    guard let protection = Protection(text) else {
      throw malformed("\"\(text)\" is no protection such as rw,cache,noexec")
    }
    return protection
  }

  fileprivate mutating func mapAnswer() throws(Trace.Malformed) -> TableTrace.MapAnswer {
    try literal("=")
    switch try word() {
    case "ok":
      let raw = try number("leaf")
      guard raw <= UInt64(UInt32.max) else { throw malformed("a descriptor has 32 bits") }
      return .ok(Descriptor(raw: UInt32(raw)))
    case "exists": return .refused(.exists)
    case "range": return .refused(.range)
    case let other: throw malformed("a mapping is ok, exists or range, not \"\(other)\"")
    }
  }
}
