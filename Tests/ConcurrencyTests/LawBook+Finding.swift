import Generators
import IOVA
import Invariants

extension LawBook {
  /// What the laws say against a program that runs on one thread; nil if nothing.
  static func finding(in program: Program) -> Finding? {
    let book = LawBook(.every, isSequential: true, cpus: program.settings.cpus)
    return SequentialRun(book).run(program)
  }
}
