/// What `stress replay` was asked to do.
struct ReplayOptions {
  var file = ""
  /// Whether to print a test of the case instead of running it.
  var asTest = false
  var timeline: String?
  /// Whether to print the state of the domain after each step.
  var states = false

  static var operands: OperandSyntax<Self> { .one(.path("FILE"), \.file) }

  static var table: [OptionSyntax<Self>] {
    [
      .init("as-test", switch: \.asTest, "Prints a Swift test of the case, to be pasted"),
      .init(
        "timeline", .path("FILE"), \.timeline,
        "File that receives an SVG of a failure that was interleaved"),
      .init("states", switch: \.states, "Prints the state of the domain after each step"),
    ]
  }
}
