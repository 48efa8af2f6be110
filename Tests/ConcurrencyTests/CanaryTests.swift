import Generators
import IOVA
import Invariants
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A machine whose locks lock nothing has to be caught, or nothing that is said of locks is worth
/// much.
@Suite struct `Locks that lock nothing` {
  /// A torn tree may also end the process, or keep it busy until its alarm: 2 of 100 times, and
  /// more often on a machine that is busy.
  private static let mostCrashes = 8

  @Test(arguments: [Workload.tree, .everything].map(\.name), [2, 4])
  func `are caught`(workload: String, cpus: Int) async {
    for _ in 0..<Self.mostCrashes {
      // In a process of its own, since unlocked structures may do anything to its memory.
      let result = await #expect(processExitsWith: .failure) {
        [workload = workload as String, cpus] in
        Canary(workload: workload, cpus: cpus).sing()
      }
      guard let status = result?.exitStatus else { return }
      switch status {
      case .signal, .exitCode(Canary.foundByAddressSanitizer): continue
      default:
        let isCaught = [Canary.caught, Canary.foundByThreadSanitizer].contains {
          status == .exitCode($0)
        }
        #expect(isCaught, "\(status)")
      }
      return
    }
    Issue.record("\(Self.mostCrashes) processes crashed before a law was found broken")
  }

  @Test(arguments: [2, 4])
  func `are to blame, since nothing is broken with locks that lock`(cpus: Int) {
    #expect(Canary(workload: Workload.tree.name, cpus: cpus).rounds(4, locking: .spin) == nil)
  }
}

/// Runs programs until a law breaks, with pauses in critical sections.
private struct Canary {
  static let caught: Int32 = 42
  static let unnoticed: Int32 = 43
  /// The exit status of the thread sanitizer, which sees the race itself.
  static let foundByThreadSanitizer: Int32 = 66
  /// The exit status of the address sanitizer: a crash like any other.
  static let foundByAddressSanitizer: Int32 = 1
  /// A walk over a torn tree need not end.
  private static let seconds: UInt32 = 10

  let workload: String
  let cpus: Int

  /// Ends the process.
  func sing() -> Never {
    alarm(Self.seconds)
    exit(rounds(40, locking: .nothing) == nil ? Self.unnoticed : Self.caught)
  }

  func rounds(_ count: UInt64, locking: Machine.Locking) -> Finding? {
    let book = LawBook(.every, isSequential: false, cpus: cpus)
    let run = FreeRun(cpus: cpus, DrowsySupervisor(book).judge)
    let generator = ProgramGenerator(
      Workload.named(workload) ?? .everything, cpus: cpus, length: 600)
    for round in 0..<count {
      var source = ChoiceSource(seed: Rounds.defaultSeed.derived(round))
      if let finding = run.run(generator.draw(from: &source), locking: locking) { return finding }
    }
    return nil
  }
}
