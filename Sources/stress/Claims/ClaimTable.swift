/// The claims with their counts, as text and as data.
struct ClaimTable {
  /// The widest text before the numbers.
  private static let textWidth = 58

  let results: [ClaimResult]

  /// For each claim a title, a line for each number, and the knobs; at most 100 columns.
  var text: String {
    var table = Table(columns: [
      .text("claim"), .text("what is counted"), .number("stated"), .number("here"),
      .text("holds"),
    ])
    for result in results {
      append(result.claim.summary, id: result.claim.id, to: &table)
      for measure in result.measures {
        append(measure, to: &table)
        if let reason = measure.reason { append(reason, indent: "    ", to: &table) }
      }
      append("with \(result.knobs.text(between: " "))", indent: "  ", to: &table)
    }
    return table.text
  }

  private func append(_ measure: Measure, to table: inout Table) {
    let holds = measure.verdict == .holds ? "yes" : "no"
    let lines = Table.wrapped(measure.what, at: Self.textWidth - 2)
    for (index, line) in lines.enumerated() {
      let isLast = index == lines.count - 1
      table.append([
        "", "  " + line, isLast ? measure.statedText : "", isLast ? measure.countedText : "",
        isLast ? holds : "",
      ])
    }
  }

  private func append(
    _ text: String, id: String = "", indent: String = "", to table: inout Table
  ) {
    for (index, line) in Table.wrapped(text, at: Self.textWidth - indent.count).enumerated() {
      table.append([index == 0 ? id : "", indent + line, "", "", ""])
    }
  }

  /// How many numbers are as stated.
  var summary: String {
    let measures = results.flatMap(\.measures)
    let holding = measures.filter { $0.verdict == .holds }.count
    let explained = measures.filter { $0.verdict == .explained }.count
    let differing = measures.count - holding - explained
    var parts = ["\(results.count.of("claim")), \(measures.count.of("number")): \(holding) hold"]
    if explained > 0 { parts.append("\(explained) not, for a known reason") }
    if differing > 0 { parts.append("\(differing) not") }
    return parts.joined(separator: ", ")
  }

  /// One claim as data.
  struct Record: Encodable {
    struct Number: Encodable {
      let what: String
      let stated: String
      let counted: String
      /// Without a unit: a count, bytes, or thousandths.
      let statedNumber: Int
      let countedNumber: Int
      let holds: Bool
      let reason: String?
    }

    let claim: String
    let summary: String
    let command: String
    let parameters: [String: Int]
    let numbers: [Number]
  }

  var records: [Record] {
    results.map { result in
      Record(
        claim: result.claim.id, summary: result.claim.summary, command: result.command,
        parameters: result.knobs.byName,
        numbers: result.measures.map {
          Record.Number(
            what: $0.what, stated: $0.statedText, counted: $0.countedText,
            statedNumber: $0.stated, countedNumber: $0.counted, holds: $0.verdict == .holds,
            reason: $0.reason)
        })
    }
  }
}
