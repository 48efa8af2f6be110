/// Has the locks of a machine that is made on a stage be locks of the stage, and its windows points
/// there: the allocator is interleaved like any code under test.
///
/// Such a machine has one domain, since a lock's name does not say whose it is. What the kernel
/// would have crashed of ends the process. Touched by one thread at a time, as the stage is.
final class StagedMachine: SupervisorPort, @unchecked Sendable {
  private let owner: Stage
  private let stage: Unmanaged<Stage>
  private let locks: [LockID: Int]

  init(_ stage: Stage, cpus: Int) {
    owner = stage
    self.stage = .passUnretained(stage)
    // All of them, so that numbers do not depend on who takes which first.
    let all = LockRank.allCases.flatMap { LockID.all(of: $0, cpus: cpus) }
    locks = Dictionary(
      uniqueKeysWithValues: all.map { ($0, stage.addLock("lock", $0.description)) })
  }

  override func acquiring(_ lock: LockID, on cpu: CPU) {
    stage._withUnsafeGuaranteedRef { $0.take(number(of: lock)) }
  }

  override func released(_ lock: LockID, on cpu: CPU) {
    stage._withUnsafeGuaranteedRef { $0.release(number(of: lock)) }
  }

  override func reached(_ window: Window, on cpu: CPU) { pass(window.words) }

  override func oops(_ oops: Oops, on cpu: CPU) { fatalError(oops.rawValue) }

  /// The clock moves next: timers may come due that others set or cancel.
  func movesClock() { pass("moves the clock") }

  private func pass(_ name: StaticString) {
    stage._withUnsafeGuaranteedRef { $0.reach(.passes, $0.point(name), changes: true) }
  }

  private func number(of lock: LockID) -> Int {
    guard let number = locks[lock] else { preconditionFailure("the machine has no lock \(lock)") }
    return number
  }
}
