/// Which characters of an alphabet stay separate after which others, by their positions in it.
///
/// An accent, the line feed after a carriage return, the second letter of a flag: each forms one
/// character with the one before it (Unicode Standard Annex 29, extended grapheme clusters).
struct CharacterSuccession: Sendable {
  /// What can follow each character; the last entry holds what can come first.
  private let followers: [[Int]]
  /// How many characters can follow each, one after another.
  private let reach: [Int]

  /// - Returns: `nil` if all stay separate.
  /// - Complexity: Quadratic in the number of characters, unless all are ASCII.
  init?(_ characters: [Character]) {
    let isPlain =
      characters.allSatisfy(\.isASCII) && !(characters.contains("\r") && characters.contains("\n"))
    guard !isPlain else { return nil }
    let followers = characters.map { before in
      characters.indices.filter { Self.areApart(before, characters[$0]) }
    }
    guard !followers.allSatisfy({ $0.count == characters.count }) else { return nil }
    self.followers = followers + [Array(characters.indices)]
    reach = Self.reach(followers)
  }

  /// What can follow, and be followed by at least `rest` more.
  func followers(of last: Int?, needing rest: Int) -> [Int] {
    let all = followers[last ?? followers.count - 1]
    return rest > 0 ? all.filter { reach[$0] >= rest } : all
  }

  private static func areApart(_ first: Character, _ second: Character) -> Bool {
    let both = String(first) + String(second)
    return both.count == 2 && both.first == first && both.last == second
  }

  /// The lengths of the longest successions; unlimited if they can form a cycle.
  private static func reach(_ followers: [[Int]]) -> [Int] {
    var reach = [Int](repeating: .max, count: followers.count)
    var length = 0
    while true {
      let ending = followers.indices.filter { index in
        reach[index] == .max && followers[index].allSatisfy { reach[$0] < length }
      }
      guard !ending.isEmpty else { return reach }
      for index in ending { reach[index] = length }
      length += 1
    }
  }
}
