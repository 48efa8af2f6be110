/// What `stress trace` was asked to do.
struct TraceOptions {
  var files: [String] = []
  /// `nil` if the file's own comment decides.
  var revision: String?

  static var operands: OperandSyntax<Self> { .list(of: .path("FILE"), atLeast: 1, \.files) }

  static var table: [OptionSyntax<Self>] {
    [.init("revision", .revision, \.revision, "Release to follow instead of the file's own")]
  }
}
