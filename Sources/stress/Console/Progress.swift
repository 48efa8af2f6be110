/// What a run has done so far.
struct ProgressCounts {
  var rounds = 0
  var commands = 0
  var checks = 0
  /// Requests for memory that were made to fail; nil unless each is to.
  var refusals: Int?
  var lawsBroken = 0
  var rareStatesReached = 0
  var rareStatesKnown = 0
}

/// Shows the progress of a run: one rewritten line on a terminal, elsewhere a line every 30 s.
struct Progress {
  private enum Style {
    case rewritten, lines, none
  }

  /// The time between two updates of the rewritten line.
  static let rewriteInterval = Duration.milliseconds(500)
  /// The time between two lines if nobody watches.
  static let lineInterval = Duration.seconds(30)

  private let output: Output
  private let style: Style
  private let interval: Duration
  private var toldAt = Duration.zero
  private var told = ProgressCounts()
  private var lineIsShown = false

  /// Writes to standard output, or to standard error if only that is a terminal.
  init(quiet: Bool) {
    let terminal = [Output.standard, .error].first(where: \.isTerminal)
    output = terminal ?? .standard
    style = quiet ? .none : terminal == nil ? .lines : .rewritten
    interval = terminal == nil ? Self.lineInterval : Self.rewriteInterval
  }

  /// Prints if it is due. Rates are those since the previous line.
  ///
  /// - Parameter counts: Evaluated only when printing is due, so it may be costly.
  mutating func update(after elapsed: Duration, _ counts: @autoclosure () -> ProgressCounts) {
    guard style != .none, elapsed - toldAt >= interval else { return }
    let counts = counts()
    let words = words(after: elapsed, counts)
    if style == .rewritten {
      // A line as wide as the terminal would wrap, and could not be rewritten.
      let line = Self.line(of: words, columns: output.columns - 1)
      output.write("\r\(line)\u{1B}[K")
      lineIsShown = true
    } else {
      output.line(words.joined(separator: Self.gap))
    }
    toldAt = elapsed
    told = counts
  }

  /// Removes the rewritten line, so that other text can be printed; the next update shows it again.
  mutating func clear() {
    guard lineIsShown else { return }
    output.write("\r\u{1B}[K")
    lineIsShown = false
  }

  private static let gap = "  "

  /// As many whole words as fit: what comes first matters most.
  static func line(of words: [String], columns: Int) -> String {
    var line = ""
    for word in words {
      let longer = line.isEmpty ? word : line + gap + word
      guard longer.count <= columns else { break }
      line = longer
    }
    return line
  }

  private func words(after elapsed: Duration, _ counts: ProgressCounts) -> [String] {
    let seconds = max((elapsed - toldAt) / .seconds(1), 0.001)
    let rate = { (now: Int, before: Int) in Int(Double(now - before) / seconds).grouped }
    let refusals = counts.refusals.map { [$0.of("request") + " failed"] } ?? []
    return [
      elapsed.clock,
      counts.rounds.of("round"),
      counts.lawsBroken.of("law") + " broken",
      "\(counts.rareStatesReached)/\(counts.rareStatesKnown) rare states",
    ] + refusals + [
      "\(rate(counts.commands, told.commands)) commands/s",
      "\(rate(counts.checks, told.checks)) checks/s",
    ]
  }
}
