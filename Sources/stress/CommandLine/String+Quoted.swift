extension String {
  /// The text between quotes, with control characters escaped, so that it stays on one line.
  var quoted: String {
    var text = "'"
    for scalar in unicodeScalars {
      let isControl = scalar.properties.generalCategory == .control
      text += isControl ? scalar.escaped(asASCII: true) : String(scalar)
    }
    return text + "'"
  }
}
