/// What `stress replay` was asked to do.
struct ReplayOptions {
  var file = ""
  /// Whether to print a test of the case instead of running it.
  var asTest = false
  var timeline: String?

  static var operands: OperandSyntax<Self> { .one(.path("FILE"), \.file) }

  static var table: [OptionSyntax<Self>] {
    [
      .init("as-test", switch: \.asTest, "Prints a Swift test of the case, to be pasted"),
      .init(
        "timeline", .path("FILE"), \.timeline,
        "File that receives an SVG of a failure that was interleaved"),
    ]
  }
}
