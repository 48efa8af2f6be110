extension BinaryInteger {
  /// The number in decimal, with a comma between thousands: `1,234,567`.
  package var grouped: String {
    let digits = Array(String(magnitude))
    var text = self < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return text
  }

  /// The number and what it counts: `1 range`, `2,000 ranges`.
  ///
  /// - Parameter noun: in the singular; the endings `-ch` and `-ry` get plurals of their own.
  package func of(_ noun: String) -> String {
    let plural =
      noun.hasSuffix("ch")
      ? noun + "es" : noun.hasSuffix("ry") ? noun.dropLast() + "ies" : noun + "s"
    return "\(grouped) \(self == 1 ? noun : plural)"
  }
}
