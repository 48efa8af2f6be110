/// What one step of a system changed, in a few words: `magazine +0xf`.
public struct Change: Hashable, Sendable {
  /// Where: `tree`, `magazine`, `depot`.
  public let place: String
  /// What came, went, or was noted there: `+0xf`, `−0xf`, `is empty`.
  public let words: String
  /// Whether a range came or went; such changes can be counted together.
  public let isRange: Bool

  /// `tree +0xf`.
  public var text: String { "\(place) \(words)" }

  static let missed = "has none"
  static let noRoom = "has no room"
  static let failing = "is in vain"

  /// What a call did inside, of what its answer does not say.
  ///
  /// That an allocation comes out of the tree is what its answer says, and so it is that there was
  /// no room, unless it got a range after all.
  ///
  /// - Parameter answer: as it is printed; nil if it returned nothing.
  static func telling(_ changes: [Change], besides answer: String?) -> [Change] {
    guard let answer, !answer.isEmpty else { return changes }
    let hasRange = answer.hasPrefix("→ 0x")
    return changes.filter { change in
      switch change.words {
      case noRoom, failing: hasRange
      case missed: false
      default: change.place != "tree"
      }
    }
  }

  /// Several changes in one line; more than three ranges of one place are counted.
  static func text(_ changes: [Change]) -> String {
    var parts: [String] = []
    var rest = changes[...]
    while let first = rest.first {
      let sign = first.words.prefix(1)
      let run = rest.prefix {
        first.isRange && $0.isRange && $0.place == first.place && $0.words.hasPrefix(sign)
      }
      if run.count > 3 {
        parts.append("\(first.place) \(sign)\(run.count.of("range"))")
      } else {
        let words = run.isEmpty ? [first.words] : run.map(\.words)
        parts.append("\(first.place) \(words.joined(separator: " "))")
      }
      rest = rest.dropFirst(max(1, run.count))
    }
    return parts.joined(separator: ", ")
  }
}
