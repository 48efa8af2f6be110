import Foundation
import Generators
import IOVA
import Invariants

/// The cases in `Cases`, and how one is run.
enum KeptCases {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Cases")

  static let names =
    (try? FileManager.default.contentsOfDirectory(atPath: folder.path()))?
    .filter { $0.hasSuffix(".case") }.sorted() ?? []

  static func read(_ name: String) throws -> ProgramCase {
    try ProgramCase(String(contentsOf: folder.appending(path: name), encoding: .utf8))
  }

  /// Judges the law of the case alone.
  static func book(_ file: ProgramCase) -> LawBook {
    let others = Set(Law.all.filter { $0.name != file.finding.law })
    return LawBook(isSequential: false, cpus: file.program.settings.cpus, except: others)
  }

  static func replay(_ file: ProgramCase) -> CaseReplay {
    CaseReplay(
      file, on: ControlledRun(cpus: file.program.settings.cpus, book(file)))
  }

  /// The same on a system that was edited.
  static func replay(_ file: ProgramCase, on edit: EditedSystem.Edit) -> CaseReplay {
    let book = book(file)
    // The last CPU is nobody's, and so are its locks.
    let cpus = file.program.settings.cpus + 1
    let run = ControlledRun(cpus: cpus, book.behind(nil))
    run.between = { conductor in
      EditedSystem(edit, conductor, book, unknown: .cpuCache(CPU(cpus - 1), 0))
    }
    return CaseReplay(file, on: run)
  }
}
