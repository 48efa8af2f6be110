/// What happened on each CPU as a picture: time runs downwards, each CPU has a lane.
///
/// Bars are locks that are held, hatched bars are waits, arrows are switches to another CPU; a
/// legend says so. Locks that a CPU takes and releases in a row with nothing between are one row.
/// The same rows give the same bytes.
package struct Timeline {
  /// Rows that are drawn at most, the last ones up to where the law broke: each takes at most 400
  /// bytes.
  package static let maxRows = 400
  private static let maxText = 44
  private static let rowHeight = 16
  private static let laneWidth = 330
  private static let top = 48
  private static let left = 16

  private let rows: ArraySlice<ControlledRow>
  private let lanes: [Int]
  private let lexicon: any Lexicon
  private let title: String

  /// - Parameter lexicon: what lanes and locks are called.
  package init(_ rows: [ControlledRow], _ lexicon: any Lexicon, title: String) {
    let breach = rows.firstIndex(where: \.isBreach) ?? rows.count - 1
    self.rows = Self.folded(rows.prefix(breach + 1)).suffix(Self.maxRows)
    lanes = Set(self.rows.map(\.actor)).sorted()
    self.lexicon = lexicon
    self.title = title
  }

  /// A file of its own, of less than 200 kB.
  package var svg: String {
    let width = 2 * Self.left + max(1, lanes.count) * Self.laneWidth
    let height = Self.top + (rows.count + 3) * Self.rowHeight
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\" "
        + "viewBox=\"0 0 \(width) \(height)\">", Self.style,
      "<text class=\"t\" x=\"\(Self.left)\" y=\"18\">"
        + "\(Self.escaped(Self.short(title, 110)))</text>",
    ]
    for lane in lanes {
      let x = place(of: lane)
      let name = Self.escaped(lexicon.actor(lane))
      parts.append("<text class=\"t\" x=\"\(x)\" y=\"\(Self.top - 10)\">\(name)</text>")
      parts.append(
        "<path class=\"l\" d=\"M\(x - 4) \(Self.top)V\(height - 2 * Self.rowHeight)\"/>")
    }
    parts += breach(width: width) + bars + arrows + texts + legend(at: height - 12)
    return parts.joined(separator: "\n") + "\n</svg>\n"
  }

  private static let style = """
    <defs>
    <pattern id="h" width="4" height="4" patternUnits="userSpaceOnUse">
    <path d="M0 4L4 0" stroke="#b00" stroke-width="1"/></pattern>
    <marker id="a" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="6" markerHeight="6" \
    orient="auto"><path d="M0 0L6 3L0 6Z" fill="#555"/></marker>
    </defs>
    <style>
    svg{background:#fff}text{font:11px monospace;fill:#333}.t{font-weight:bold}.c{fill:#000;\
    font-weight:bold}.s{fill:#b00}.l{stroke:#ccc}.a{stroke:#555;fill:none;marker-end:url(#a)}
    .w{fill:url(#h);stroke:#b00}.b{fill:#fdd}.cache{fill:#48c}.depot{fill:#c80}.tree{fill:#2a2}\
    .worker{fill:#888}.ring{fill:#a4c}.attach{fill:#840}.split{fill:#0aa}.tables{fill:#690}\
    .memory{fill:#468}.k0{fill:#48c}.k1{fill:#c80}.k2{fill:#2a2}.k3{fill:#a4c}.k4{fill:#840}\
    .k5{fill:#0aa}.k6{fill:#690}.k7{fill:#468}
    </style>
    """

  /// Above so many locks in a row they are one row.
  private static let mostLocks = 2

  /// The rows with those of many locks taken and released in a row, undisturbed, as one.
  private static func folded(_ rows: ArraySlice<ControlledRow>) -> [ControlledRow] {
    var result: [ControlledRow] = []
    var rest = rows
    while let first = rest.first {
      let (length, locks) = quiet(rest)
      if locks > mostLocks {
        result.append(
          ControlledRow(
            actor: first.actor, kind: .answer, text: "takes and releases \(locks) locks", number: 0)
        )
        rest = rest.dropFirst(length)
      } else {
        result.append(first)
        rest = rest.dropFirst()
      }
    }
    return result
  }

  /// How many rows from the first on only take and release locks, all of which are free at the end,
  /// and how many locks these are.
  private static func quiet(_ rows: ArraySlice<ControlledRow>) -> (length: Int, locks: Int) {
    var (held, taken, best) = (0, 0, (length: 0, locks: 0))
    for (index, row) in rows.enumerated() {
      guard row.actor == rows.first?.actor, !row.isBreach else { break }
      switch row.kind {
      case .takes: (held, taken) = (held + 1, taken + 1)
      case .releases where held > 0: held -= 1
      default: return best
      }
      if held == 0 { best = (index + 1, taken) }
    }
    return best
  }

  // MARK: Parts

  /// What the colours mean, of those that are used.
  private func legend(at y: Int) -> [String] {
    var kinds: [(kind: String, words: String)] = []
    for row in rows {
      switch row.kind {
      case .takes(let lock):
        let words = "holds \(lexicon.legend(lock))"
        if !kinds.contains(where: { $0.words == words }) {
          kinds.append((lexicon.kind(lock), words))
        }
      case .waits:
        if !kinds.contains(where: { $0.kind == Self.waiting }) {
          kinds.append((Self.waiting, "waits"))
        }
      default: continue
      }
    }
    var x = Self.left
    var parts: [String] = []
    for (kind, words) in kinds {
      parts.append("<rect class=\"\(kind)\" x=\"\(x)\" y=\"\(y - 8)\" width=\"8\" height=\"8\"/>")
      parts.append("<text x=\"\(x + 12)\" y=\"\(y)\">\(Self.escaped(words))</text>")
      x += 28 + 7 * words.count
    }
    parts.append("<text x=\"\(x)\" y=\"\(y)\">arrow: another CPU goes on</text>")
    return parts
  }

  private static let waiting = "w"

  private var bars: [String] {
    var held: [Int: [(lock: Resource, from: Int)]] = [:]
    var waits: [Int: Int] = [:]
    var parts: [String] = []
    for (index, row) in rows.enumerated() {
      switch row.kind {
      case .waits: waits[row.actor] = index
      case .takes(let lock):
        if let from = waits.removeValue(forKey: row.actor) {
          parts.append(bar(row.actor, 0, from, index, "w", "waits for \(lexicon.name(lock))"))
        }
        held[row.actor, default: []].append((lock, index))
      case .releases(let lock):
        guard let depth = held[row.actor]?.lastIndex(where: { $0.lock == lock }) else { continue }
        let from = held[row.actor]?.remove(at: depth).from ?? index
        parts.append(
          bar(row.actor, depth, from, index, lexicon.kind(lock), lexicon.name(lock)))
      default: break
      }
    }
    for lane in lanes {
      if let from = waits[lane] { parts.append(bar(lane, 0, from, rows.count, "w", "waits")) }
      for (depth, hold) in (held[lane] ?? []).enumerated() {
        let (kind, name) = (lexicon.kind(hold.lock), lexicon.name(hold.lock))
        parts.append(bar(lane, depth, hold.from, rows.count, kind, name))
      }
    }
    return parts
  }

  private func bar(
    _ lane: Int, _ depth: Int, _ from: Int, _ to: Int, _ kind: String, _ title: String
  ) -> String {
    let height = max(4, (to - from) * Self.rowHeight)
    return "<rect class=\"\(kind)\" x=\"\(place(of: lane) + 6 * min(depth, 4))\" "
      + "y=\"\(y(from) - 5)\" width=\"4\" height=\"\(height)\">"
      + "<title>\(Self.escaped(title))</title></rect>"
  }

  private var arrows: [String] {
    zip(rows, rows.dropFirst()).enumerated().compactMap { index, pair in
      guard pair.0.actor != pair.1.actor else { return nil }
      let from = place(of: pair.0.actor) - 4
      let to = place(of: pair.1.actor) - 4
      // Between the rows, so that no text is struck out.
      let between = y(index) + Self.rowHeight / 2
      return "<path class=\"a\" d=\"M\(from) \(y(index))V\(between)H\(to)V\(y(index + 1))\"/>"
    }
  }

  private var texts: [String] {
    rows.enumerated().map { index, row in
      let x = place(of: row.actor) + 36
      let number = row.number > 0 ? "\(row.number)  " : ""
      let mark = row.isBreach ? "✘ " : ""
      let text = "\(mark)\(number)\(Self.short(row.text))"
      return "<text\(Self.style(of: row.kind)) x=\"\(x)\" y=\"\(y(index) + 4)\">"
        + "\(Self.escaped(text))</text>"
    }
  }

  private func breach(width: Int) -> [String] {
    guard let index = Array(rows).firstIndex(where: \.isBreach) else { return [] }
    return [
      "<rect class=\"b\" x=\"0\" y=\"\(y(index) - 8)\" width=\"\(width)\" "
        + "height=\"\(Self.rowHeight)\"/>"
    ]
  }

  // MARK: Places and words

  private func place(of lane: Int) -> Int {
    Self.left + (lanes.firstIndex(of: lane) ?? 0) * Self.laneWidth
  }

  private func y(_ row: Int) -> Int { Self.top + (row + 1) * Self.rowHeight }

  private static func style(of kind: ControlledRow.Kind) -> String {
    switch kind {
    case .command, .ending: " class=\"c\""
    case .stops, .waits: " class=\"s\""
    case .answer, .takes, .releases, .changes: ""
    }
  }

  private static func short(_ text: String, _ width: Int = maxText) -> String {
    text.count <= width ? text : text.prefix(width - 1) + "…"
  }

  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      // What XML cannot hold at all.
      case let other where other.unicodeScalars.contains { $0.value < 32 }: result += " "
      default: result.append(character)
      }
    }
  }
}
