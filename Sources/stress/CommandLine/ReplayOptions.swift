/// What `stress replay` was asked to do.
struct ReplayOptions {
  var file = ""
  var timeline: String?

  static var operands: OperandSyntax<Self> { .one(.path("FILE"), \.file) }

  static var table: [OptionSyntax<Self>] {
    [
      .init(
        "timeline", .path("FILE"), \.timeline,
        "File that receives an SVG of a failure that was interleaved")
    ]
  }
}
