/// Finds the known name that a misspelt word most likely meant.
enum NearestName {
  /// The most letters of a word that are compared, since the work grows with the product of
  /// lengths.
  static let maxLength = 64

  /// Prefers a name that starts or ends with `word`, then the one with the fewest edits.
  ///
  /// Upper and lower case count as equal, so that `w1` finds `W1`. Among equals the first wins.
  /// - Returns: `nil` if nothing is near: at most a third of the letters may differ, or one.
  static func find(_ word: String, among known: [String]) -> String? {
    let wanted = word.lowercased()
    if wanted.count > 1 {
      let started = known.first { $0.lowercased().hasPrefix(wanted) }
      let ended = known.first { $0.lowercased().hasSuffix(wanted) }
      if let part = started ?? ended { return part }
    }
    let distances = known.map { distance(from: wanted, to: $0.lowercased()) }
    guard let least = distances.min(), least <= max(1, wanted.count / 3),
      let index = distances.firstIndex(of: least)
    else { return nil }
    return known[index]
  }

  /// Counts the letters to insert, delete, replace or swap with a neighbour.
  ///
  /// - Complexity: O(`maxLength`²)
  /// - Source: optimal string alignment, the restricted form of Damerau (1964), where no part of
  ///   a word is edited twice.
  static func distance(from first: String, to second: String) -> Int {
    let a = Array(first.prefix(maxLength))
    let b = Array(second.prefix(maxLength))
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for row in 0..<a.count {
      var current = [row + 1]
      for column in 0..<b.count {
        let replaced = last[column] + (a[row] == b[column] ? 0 : 1)
        var best = min(replaced, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, a[row] == b[column - 1], a[row - 1] == b[column] {
          best = min(best, beforeLast[column - 1] + 1)
        }
        current.append(best)
      }
      beforeLast = last
      last = current
    }
    return last[b.count]
  }
}
