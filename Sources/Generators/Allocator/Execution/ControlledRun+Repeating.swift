extension ControlledRun {
  /// Runs a program again under the schedule of an earlier execution, and compares byte for byte.
  ///
  /// - Parameter rows: what happened in the earlier execution.
  /// - Returns: one line that says where they differ; nil if they do not.
  public func difference(
    _ program: Program, _ script: Script, from rows: [ControlledRow], _ finding: Finding?
  ) -> String? {
    let again = describing(program) { replay(program, script) }
    let first = Self.lines(rows, finding)
    let second = Self.lines(again.rows, again.finding)
    if first == second { return nil }
    let index = zip(first, second).prefix { $0 == $1 }.count
    let forms = [first, second].map { index < $0.count ? "\"\($0[index])\"" : "its end" }
    return "row \(index + 1) was \(forms[0]) once, then \(forms[1])"
  }

  private static func lines(_ rows: [ControlledRow], _ finding: Finding?) -> [String] {
    let end = finding.map { "\($0.law): \($0.evidence)" } ?? "no law broken"
    return rows.map { "\($0.actor) \($0.number) \($0.text)" } + [end]
  }
}
