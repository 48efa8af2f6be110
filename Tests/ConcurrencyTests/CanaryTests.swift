import Generators
import IOVA
import Invariants
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A machine whose locks lock nothing has to be caught, or nothing that is said of locks is worth much.
@Suite struct `Locks that lock nothing` {
  private static let caught: Int32 = 42

  @Test(arguments: [2, 4])
  func `are caught`(cpus: Int) async {
    // In a process of its own, since unlocked magazines may do anything to its memory.
    if cpus == 2 {
      await #expect(processExitsWith: .exitCode(Self.caught)) { Canary(cpus: 2).sing() }
    } else {
      await #expect(processExitsWith: .exitCode(Self.caught)) { Canary(cpus: 4).sing() }
    }
  }
}

/// Runs programs without locks until a law breaks.
private struct Canary {
  let cpus: Int

  private static let rounds: UInt64 = 200

  /// Ends the process: 42 if a law broke, 1 if none did.
  func sing() -> Never {
    let book = LawBook(.every, isSequential: false, cpus: cpus)
    let run = FreeRun(cpus: cpus, book.judge)
    let generator = ProgramGenerator(.everything, cpus: cpus, length: 600)
    for round in 0..<Canary.rounds {
      var source = ChoiceSource(seed: Rounds.defaultSeed.derived(round))
      if let finding = run.run(generator.draw(from: &source), locking: .nothing) {
        print("round \(round): \(finding.law): \(finding.evidence)")
        exit(42)
      }
    }
    exit(1)
  }
}
