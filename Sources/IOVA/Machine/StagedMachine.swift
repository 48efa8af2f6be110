/// Has the locks of a machine that is made on a stage be locks of the stage, and its windows points
/// there: the allocator is interleaved like any code under test.
///
/// Touched by one thread at a time, as the stage is, which outlives it.
final class StagedMachine: SupervisorPort, @unchecked Sendable {
  private let stage: Unmanaged<Stage>
  private var locks: [LockID: Int] = [:]

  init(_ stage: Stage) { self.stage = .passUnretained(stage) }

  override func acquiring(_ lock: LockID, on cpu: CPU) {
    stage._withUnsafeGuaranteedRef { $0.take(number(of: lock, on: $0)) }
  }

  override func released(_ lock: LockID, on cpu: CPU) {
    stage._withUnsafeGuaranteedRef { $0.release(number(of: lock, on: $0)) }
  }

  override func reached(_ window: Window, on cpu: CPU) {
    stage._withUnsafeGuaranteedRef { $0.reach(.passes, $0.point(window.words), changes: true) }
  }

  override func oops(_ oops: Oops, on cpu: CPU) { fatalError(oops.rawValue) }

  private func number(of lock: LockID, on stage: Stage) -> Int {
    if let number = locks[lock] { return number }
    let number = stage.addLock("lock", lock.description)
    locks[lock] = number
    return number
  }
}
