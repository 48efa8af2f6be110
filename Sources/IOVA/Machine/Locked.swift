import Synchronization

/// State that can be accessed only while its lock is held.
///
/// A test-and-test-and-set spin lock and the state behind it, in one allocation that shares no
/// cache line with anything else. The value is a reference; its owner calls `destroy()` once. The
/// lock is what makes `@unchecked Sendable` true.
///
/// Differs from a library lock in two ways: (1) a machine may supervise it, which is one
/// predictable branch; (2) a machine may have locks that lock nothing, so that a test can see that
/// this is caught.
struct Locked<State: ~Copyable>: @unchecked Sendable {
  struct Cell: ~Copyable {
    /// How often the lock was taken; guarded by itself.
    ///
    /// The first field, because ThreadSanitizer reports a change of any field as one of the whole
    /// cell, at its first byte; so nobody may touch that byte without the lock.
    var acquisitions: UInt64 = 0
    let word = Atomic<UInt32>(0)
    let isSpecial: Bool
    let id: LockID
    let locks: Bool
    let supervisor: SupervisorLink
    var state: State
  }

  private let cell: UnsafeMutablePointer<Cell>

  init(
    _ state: consuming State, _ id: LockID, supervisor: SupervisorLink, locking: Machine.Locking
  ) {
    // Two lines of 64 bytes, since the hardware also prefetches the neighbouring line.
    let raw = UnsafeMutableRawPointer.allocate(byteCount: MemoryLayout<Cell>.size, alignment: 128)
    cell = raw.bindMemory(to: Cell.self, capacity: 1)
    cell.initialize(
      to: Cell(
        isSpecial: supervisor.isLive || locking == .nothing, id: id, locks: locking == .spin,
        supervisor: supervisor, state: state))
  }

  init(_ state: consuming State, _ id: LockID, on machine: Machine) {
    self.init(state, id, supervisor: machine.supervisor, locking: machine.locking)
  }

  /// Runs `body` with the lock held by `cpu`.
  @inline(__always)
  func withLock<Result>(on cpu: CPU, _ body: (inout State) -> Result) -> Result {
    acquire(on: cpu)
    let result = body(&cell.pointee.state)
    release(on: cpu)
    return result
  }

  /// Runs `body` without the lock if a fault skips it.
  @inline(__always)
  func withLock<Result>(
    on cpu: CPU, unless isSkipped: Bool, _ body: (inout State) -> Result
  ) -> Result {
    isSkipped ? body(&cell.pointee.state) : withLock(on: cpu, body)
  }

  /// Changes the state without taking the lock: for teardown, when nobody else can reach it.
  func dismantle<Result>(_ body: (inout State) -> Result) -> Result { body(&cell.pointee.state) }

  /// Changes the state as `dismantle` does, and resets the count of acquisitions.
  @inline(__always)
  func reset<Result>(_ body: (inout State) -> Result) -> Result {
    cell.pointee.acquisitions = 0
    return body(&cell.pointee.state)
  }

  /// Reads the state without taking the lock, for a caller who knows that it is held or that nobody
  /// runs.
  @inline(__always)
  func inspect<Result>(_ body: (borrowing State) -> Result) -> Result {
    // Reading through a pointer would copy the value first; an `inout` is borrowed without a copy.
    func look(_ state: inout State) -> Result { body(state) }
    return look(&cell.pointee.state)
  }

  /// How often the lock has been taken.
  var acquisitions: UInt64 { cell.pointee.acquisitions }

  var id: LockID { cell.pointee.id }

  func destroy() {
    cell.deinitialize(count: 1)
    UnsafeMutableRawPointer(cell).deallocate()
  }

  @inline(__always)
  private func acquire(on cpu: CPU) {
    if cell.pointee.isSpecial { return acquireSpecially(on: cpu) }
    if !tryAcquire() { contend() }
    cell.pointee.acquisitions &+= 1
  }

  @inline(__always)
  private func release(on cpu: CPU) {
    if cell.pointee.isSpecial { return releaseSpecially(on: cpu) }
    cell.pointee.word.store(0, ordering: .releasing)
  }

  @inline(__always)
  private func tryAcquire() -> Bool {
    cell.pointee.word.compareExchange(expected: 0, desired: 1, ordering: .acquiring).exchanged
  }

  /// How often a taken lock is checked before the time slice is given away.
  private static var spinsBeforeYield: Int { 128 }

  @inline(never)
  private func contend() {
    var spins = 0
    repeat {
      while cell.pointee.word.load(ordering: .relaxed) != 0 {
        spins += 1
        // The holder may need this very core: with more CPUs than cores, spinning alone makes no
        // progress.
        if spins % Self.spinsBeforeYield == 0 { Host.yield() }
      }
    } while !tryAcquire()
  }

  @inline(never)
  private func acquireSpecially(on cpu: CPU) {
    cell.pointee.supervisor.call { $0.acquiring(cell.pointee.id, on: cpu) }
    if cell.pointee.locks, !tryAcquire() { contend() }
    cell.pointee.acquisitions &+= 1
  }

  @inline(never)
  private func releaseSpecially(on cpu: CPU) {
    cell.pointee.supervisor.tell { $0.releasing(cell.pointee.id, on: cpu) }
    if cell.pointee.locks { cell.pointee.word.store(0, ordering: .releasing) }
    cell.pointee.supervisor.call { $0.released(cell.pointee.id, on: cpu) }
  }
}
