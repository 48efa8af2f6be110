/// A plain-text table: aligned columns, at most 100 characters wide.
///
/// Text in the last column is wrapped at spaces, so that nothing is cut off.
struct Table {
  struct Column {
    let title: String
    let isNumeric: Bool
    /// For a table whose rows are printed one by one: the width of the widest cell.
    var width = 0

    /// A left-aligned column. If no column has a title, no title line is printed.
    static func text(_ title: String = "", width: Int = 0) -> Self {
      Self(title: title, isNumeric: false, width: width)
    }
    /// A right-aligned column.
    static func number(_ title: String = "", width: Int = 0) -> Self {
      Self(title: title, isNumeric: true, width: width)
    }
  }

  static let maxWidth = 100
  /// The narrowest last column: a table with wider cells before it exceeds `maxWidth`.
  static let minLastWidth = 20
  private static let gap = "  "

  let columns: [Column]
  var rows: [[String]] = []
  var indent = 0

  /// Adds a row.
  ///
  /// - Precondition: One cell for each column.
  mutating func append(_ row: [String]) {
    precondition(row.count == columns.count, "\(row.count) cells for \(columns.count) columns")
    rows.append(row)
  }

  /// The lines of the table, without a line break at the end.
  var text: String {
    let titles = columns.map(\.title)
    let all = titles.allSatisfy(\.isEmpty) ? rows : [titles] + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.flatMap { lines(of: $0, widths) }.joined(separator: "\n")
  }

  /// The line of titles, for rows that are printed one by one.
  var heading: String { text(of: columns.map(\.title)) }

  /// One row, printed before the others are known.
  func text(of row: [String]) -> String {
    lines(of: row, columns.map { max($0.width, $0.title.count) }).joined(separator: "\n")
  }

  private func lines(of row: [String], _ widths: [Int]) -> [String] {
    guard let last = columns.indices.last else { return [] }
    var start = String(repeating: " ", count: indent)
    for column in columns.indices.dropLast() {
      start += padded(row[column], to: widths[column], column) + Self.gap
    }
    let room = max(Self.maxWidth - start.count, Self.minLastWidth)
    let parts = Self.wrapped(row[last], at: room)
    return parts.enumerated().map { index, part in
      let before = index == 0 ? start : String(repeating: " ", count: start.count)
      let cell = padded(part, to: min(widths[last], room), last)
      return String((before + cell).reversed().drop { $0 == " " }.reversed())
    }
  }

  private func padded(_ cell: String, to width: Int, _ column: Int) -> String {
    let padding = String(repeating: " ", count: max(0, width - cell.count))
    return columns[column].isNumeric ? padding + cell : cell + padding
  }

  /// Breaks at spaces; a word longer than `width` gets a line of its own, which is too long.
  static func wrapped(_ text: String, at width: Int) -> [String] {
    guard text.count > width else { return [text] }
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty && line.count + 1 + word.count > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " \(word)"
    }
    return lines + [line]
  }
}
