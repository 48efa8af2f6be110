import Generators
import IOVA

/// A case as a self-contained Swift test: what `stress replay FILE --as-test` prints.
struct CaseTest {
  let file: ProgramCase

  init(_ file: ProgramCase) { self.file = file }

  /// The source file, without the line end after its last line.
  var text: String {
    let isBroken = file.expectation == .broken
    let name = "\(file.finding.law) \(isBroken ? "breaks" : "holds")"
    let text = file.text.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n")
    return """
      import Generators
      import IOVA
      import Invariants
      import Testing

      @Test func `\(name)`() throws {
        let file = try ProgramCase(
          #\"""
      \(text)
          \"""#)
        // Another law may break earlier; what matters is whether this one does.
        let others = Set(Law.all.filter { $0.name != file.finding.law })
        let cpus = file.program.settings.cpus
        let book = LawBook(isSequential: \(file.mode == .sequential), cpus: cpus, except: others)
      \(replay)
        #expect(finding?.law == \(isBroken ? "file.finding.law" : "nil"))
      }
      """
  }

  /// The lines that run the case.
  private var replay: String {
    switch file.mode {
    case .sequential: "  let finding = SequentialRun(book).run(file.program)"
    case .controlled:
      "  let finding = CaseReplay(file, on: ControlledRun(cpus: cpus, book)).finding"
    // Threads interleave differently each time.
    case .free:
      """
        let run = FreeRun(cpus: cpus, book)
        let finding = (0..<200).lazy.compactMap { _ in run.run(file.program) }.first
      """
    }
  }
}
