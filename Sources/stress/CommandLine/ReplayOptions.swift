/// What `stress replay` was asked to do.
struct ReplayOptions {
  var file = ""

  static var operands: OperandSyntax<Self> { .one(.path("FILE"), \.file) }
}
