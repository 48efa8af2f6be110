/// Durations as typed and printed, in whole milliseconds.
extension Duration {
  private static let units: [(name: String, milliseconds: Int64)] = [
    ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
  ]

  /// Reads a whole number and a unit: `500ms`, `30s`, `10m`, `8h`.
  ///
  /// - Returns: `nil` if the text is anything else. A number too large for 64 bits of milliseconds
  ///   gives the longest duration, which every range then rejects as too long.
  static func parse(_ text: String) -> Duration? {
    let digits = text.utf8.prefix { (0x30...0x39).contains($0) }
    let name = String(text.utf8.dropFirst(digits.count))
    guard !digits.isEmpty, let unit = units.first(where: { $0.name == name }) else { return nil }
    let count = Int64(String(digits) ?? "") ?? .max
    let (milliseconds, overflows) = count.multipliedReportingOverflow(by: unit.milliseconds)
    return .milliseconds(overflows ? .max : milliseconds)
  }

  /// The duration as `parse` reads it, in the largest unit that needs no fraction.
  var text: String {
    let whole = wholeMilliseconds
    let fits = Self.units.first { whole % $0.milliseconds == 0 && whole >= $0.milliseconds }
    guard let fits else { return whole == 0 ? "0s" : "\(whole)ms" }
    return "\(whole / fits.milliseconds)\(fits.name)"
  }

  /// The duration as a clock shows it: `0:00:10`, `12:34:56`.
  var clock: String {
    let seconds = wholeMilliseconds / 1000
    let minutes = seconds / 60
    return "\(minutes / 60):\(Self.twoDigits(minutes % 60)):\(Self.twoDigits(seconds % 60))"
  }

  private var wholeMilliseconds: Int64 {
    components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
  }

  private static func twoDigits(_ number: Int64) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }
}
