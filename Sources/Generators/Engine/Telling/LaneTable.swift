/// What happened on each CPU, one aligned column for each that did anything, within a hundred
/// columns.
///
/// ```text
///   step │ cpu0                  │ cpu1
///      1 │ freeShared(a0)        │
///        │   stops at its handle │
/// ✘    2 │                       │ freeShared(a0)
/// ```
package struct LaneTable {
  /// One line of a table.
  package struct Line: Hashable {
    /// Whose it is; smaller lanes stand further left.
    package var lane: Int
    /// The number of the command that begins, `end`, or nothing.
    package var label: String
    package var text: String
    /// What a command returned, which is never cut off.
    package var answer = ""
    /// What else there is to say, if there is room.
    package var note = ""
    /// Whether the law broke here.
    package var isBreach = false
    /// What lines in a row share that may be folded; nil if this one must be seen.
    var fold: String?

    package init(
      lane: Int, label: String, text: String, answer: String = "", isBreach: Bool = false
    ) {
      self.lane = lane
      self.label = label
      self.text = text
      self.answer = answer
      self.isBreach = isBreach
    }

    /// Says what a call did inside, as far as its answer does not.
    package mutating func tell(_ changes: [Change]) {
      let telling = Change.telling(changes, besides: answer)
      if !telling.isEmpty { note = "(\(Change.text(telling)))" }
    }

    /// The line, and its note in lines of its own where there is no room beside.
    func unfolded(to width: Int) -> [Line] {
      guard !note.isEmpty, whole.count > width else { return [self] }
      var first = self
      first.note = ""
      first.fold = nil
      var lines = [first]
      for part in note[...].components(separatedBy: ", ") {
        if lines.count > 1, let last = lines.last, last.text.count + part.count + 2 <= width {
          lines[lines.count - 1].text += ", " + part
        } else {
          if lines.count > 1 { lines[lines.count - 1].text += "," }
          lines.append(Line(lane: lane, label: "", text: "  " + part))
        }
      }
      return lines
    }

    /// All of it.
    var whole: String { [text, answer, note].filter { !$0.isEmpty }.joined(separator: "  ") }

    /// As much of it as there is room for.
    func fitted(to width: Int) -> String {
      if whole.count <= width { return whole }
      if answer.isEmpty { return text.cut(to: width) }
      return text.cut(to: max(0, width - answer.count - 2)) + "  " + answer
    }
  }

  /// Columns of a line at most, by which everything printed goes.
  package static let maxWidth = 100
  /// Lanes that get a column each; of more, each line names its own.
  static let maxLanes = 6
  /// `  step │ `.
  private static let marginWidth = 9

  private let lines: [Line]
  /// By lane, its title.
  private let title: (Int) -> String

  /// - Parameter title: the name of each lane.
  package init(_ lines: [Line], title: @escaping (Int) -> String) {
    self.lines = lines
    self.title = title
  }

  /// The table with its heading, in at most so many lines.
  package func text(maxLines: Int) -> [String] {
    let room = max(3, maxLines - 1)
    let unfolded = unfolded
    let lines =
      unfolded.count <= room
      ? unfolded : Self.cut(lines.count > room ? Self.folded(lines) : lines, to: room)
    let lanes = Set(lines.map(\.lane)).filter { $0 >= 0 }.sorted()
    if lanes.count > Self.maxLanes { return named(lines) }
    let widths = Self.fit(
      lanes.map { lane in
        lines.lazy.filter { $0.lane == lane }.map(\.whole.count).reduce(title(lane).count, max)
      })
    func row(_ label: String, _ isBreach: Bool, _ texts: [String]) -> String {
      let cells = zip(texts, widths).map { $0.padded(to: $1) }
      return (Self.margin(label, isBreach) + cells.joined(separator: " │ ")).withoutTrailingSpaces
    }
    var text = [row("step", false, lanes.map(title))]
    for line in lines {
      if line.lane < 0 {
        text.append(Self.margin(line.label, false) + line.text)
      } else {
        let texts = zip(lanes, widths).map { $0 == line.lane ? line.fitted(to: $1) : "" }
        text.append(row(line.label, line.isBreach, texts))
      }
    }
    return text
  }

  /// The lines with notes in lines of their own, where they are too wide to stand side by side.
  private var unfolded: [Line] {
    let widest = Dictionary(lines.map { ($0.lane, $0.whole.count) }, uniquingKeysWith: max)
    let bound = Self.fit(Array(widest.values)).max() ?? 0
    return lines.flatMap { $0.unfolded(to: bound) }
  }

  /// One column for all, for tables that would be too wide.
  private func named(_ lines: [Line]) -> [String] {
    let width = Self.maxWidth - Self.marginWidth
    return [Self.margin("step", false).withoutTrailingSpaces]
      + lines.map { line in
        let name = line.lane < 0 ? "" : "\(title(line.lane)): "
        let text = name + line.fitted(to: width - name.count)
        return (Self.margin(line.label, line.isBreach) + text).withoutTrailingSpaces
      }
  }

  private static func margin(_ label: String, _ isBreach: Bool) -> String {
    let space = String(repeating: " ", count: max(0, 4 - label.count))
    return "\(isBreach ? "✘ " : "  ")\(space)\(label) │ "
  }

  /// Narrows the widest columns until all fit.
  private static func fit(_ widths: [Int]) -> [Int] {
    let room = maxWidth - marginWidth - 3 * max(0, widths.count - 1)
    guard widths.reduce(0, +) > room else { return widths }
    var bound = widths.max() ?? 0
    while bound > 1, widths.reduce(0, { $0 + min($1, bound) }) > room { bound -= 1 }
    return widths.map { min($0, bound) }
  }

  /// Folds three lines and more in a row that share their fold: the first and the last stay.
  private static func folded(_ lines: [Line]) -> [Line] {
    var result: [Line] = []
    var rest = lines[...]
    while let first = rest.first {
      let run = rest.prefix { $0.fold != nil && $0.fold == first.fold && $0.lane == first.lane }
      if run.count > 3, let last = run.last, let fold = first.fold {
        let more = Line(lane: first.lane, label: "…", text: "\(run.count - 2) more \(fold)")
        result += [first, more, last]
      } else {
        result += run.isEmpty ? [first] : Array(run)
      }
      rest = rest.dropFirst(max(1, run.count))
    }
    return result
  }

  /// Leaves out lines in the middle: the end is where it went wrong, and gets two thirds.
  private static func cut(_ lines: [Line], to room: Int) -> [Line] {
    guard lines.count > room else { return lines }
    let head = (room - 1) / 3
    let tail = room - 1 - head
    let left = Line(lane: -1, label: "…", text: "\((lines.count - head - tail).of("more line"))")
    return lines.prefix(head) + [left] + lines.suffix(tail)
  }
}

extension String {
  /// At most so many characters, the last an ellipsis if any are missing.
  fileprivate func cut(to width: Int) -> String {
    count <= width ? self : prefix(max(0, width - 1)) + "…"
  }

  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  fileprivate var withoutTrailingSpaces: String {
    var text = self
    while text.hasSuffix(" ") { text.removeLast() }
    return text
  }
}
