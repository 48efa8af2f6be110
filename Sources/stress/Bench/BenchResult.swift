/// One row of the benchmark: how fast a workload ran under a revision, and what it decided and
/// counted.
struct BenchResult: Sendable {
  /// Something a workload counts, such as predecessor steps per allocation.
  struct Count: Sendable {
    var name: String
    var value: Double
    /// What Linux's own code of that release counts; nil if it was not measured.
    var reference: Double?

    /// Whether the value equals the reference in every printed digit: four for a rate, else two.
    var isAsExpected: Bool {
      guard let reference else { return true }
      return abs(value - reference) <= (reference < 1 ? 0.00005 : 0.005)
    }
  }

  var name: String
  var revision: String
  /// The median of `AllocatorBench.runs` runs.
  var nanosecondsPerOperation: Double
  /// Of the last run; only W3 may differ between runs.
  var checksum: UInt64
  /// What Linux's own code of that release gives; nil if it depends on timing, or was not measured.
  var expectedChecksum: UInt64?
  /// Of the last run, in the order in which they are printed.
  var counts: [Count]

  /// Whether the checksum and every count match Linux's own code, as far as these are known.
  var isAsExpected: Bool {
    checksum == expectedChecksum ?? checksum && counts.allSatisfy(\.isAsExpected)
  }
}

extension BenchResult: CustomStringConvertible {
  /// `W5 linux-6.1 18.4 ns 7f2021c28387191d (as Linux) depot peak 32, …`
  var description: String {
    let time = Self.rounded(nanosecondsPerOperation, digits: nanosecondsPerOperation < 100 ? 1 : 0)
    let found = Self.hexadecimal(checksum)
    let verdict =
      switch expectedChecksum {
      case nil: ""
      case checksum: " (as Linux)"
      case let expected?: " MISMATCH, Linux gives \(Self.hexadecimal(expected))"
      }
    let counted = counts.map(\.description).joined(separator: ", ")
    return [
      Self.padded(name, to: 4), Self.padded(revision, to: 12),
      Self.padded(time, to: 8, leading: true) + " ns", found + verdict, counted,
    ].joined(separator: "  ")
  }

  static func hexadecimal(_ value: UInt64) -> String {
    padded(String(value, radix: 16), to: 16, leading: true, with: "0")
  }

  /// A decimal number, without Foundation and without a locale.
  static func rounded(_ value: Double, digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let scaled = UInt64((value * scale).rounded())
    guard digits > 0 else { return String(scaled) }
    let whole = scaled / UInt64(scale)
    let fraction = padded(
      String(scaled % UInt64(scale)), to: digits, leading: true, with: "0")
    return "\(whole).\(fraction)"
  }

  private static func padded(
    _ text: String, to width: Int, leading: Bool = false, with filler: Character = " "
  ) -> String {
    let padding = String(repeating: filler, count: max(0, width - text.count))
    return leading ? padding + text : text + padding
  }
}

extension BenchResult.Count: CustomStringConvertible {
  var description: String {
    let found = "\(name) \(Self.short(value))"
    guard let reference, !isAsExpected else { return found }
    return "\(found) MISMATCH, Linux counts \(Self.short(reference))"
  }

  private static func short(_ value: Double) -> String {
    BenchResult.rounded(value, digits: value == value.rounded() ? 0 : value < 1 ? 4 : 2)
  }
}
