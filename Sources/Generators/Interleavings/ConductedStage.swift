import IOVA

/// A stage on which a conductor says who goes on: what primitives of code under test call.
///
/// What there is comes to be anew in each execution, in the same order, and gets the same numbers.
/// Touched by one actor at a time, as the conductor is.
package final class ConductedStage: Stage, @unchecked Sendable {
  let conductor: Conductor
  let names: StageNames
  /// Whether anything was reached at all.
  @exclusivity(unchecked) private(set) var hasBeenReached = false
  /// What timers are set to, in the order in which they are due.
  @exclusivity(unchecked) private var armed: [(timer: Int, due: UInt64, work: () -> Void)] = []
  /// Whether a timer was ever made.
  @exclusivity(unchecked) private(set) var usesTimers = false
  /// What is said of the execution if it crashes or gets nowhere.
  @exclusivity(unchecked) var describe: (() -> String)?
  /// Counts what threads did; by thread, the count at which it last touched something.
  @exclusivity(unchecked) private(set) var clock: UInt32 = 0
  private let touches = PerCPU<UInt32>(0)
  /// Which locks threads took while they held others.
  let lockOrder: LockOrder
  /// Told that a lock is free again, before anybody else can take it.
  @exclusivity(unchecked) var released: ((_ lock: Int) -> Void)?
  /// Called where code waits that runs alone: it would wait for ever.
  @exclusivity(unchecked) var restedAlone: (() -> Never)?

  init(_ conductor: Conductor, _ names: StageNames, threads: Int) {
    self.conductor = conductor
    self.names = names
    // One more runs timers.
    lockOrder = LockOrder(actors: threads + 1)
    super.init()
  }

  /// The next count.
  func tick() -> UInt32 {
    clock &+= 1
    return clock
  }

  /// The count at which a thread last took a lock, or did anything but give one back.
  func lastTouch(of thread: Int) -> UInt32 { touches[thread] }

  /// Nobody knows what code under test changes under a lock: it is taken to.
  @inline(__always)
  private func noteChange() {
    if conductor.notesEvents { conductor.footprint.note(.changed) }
  }

  @inline(__always)
  private func touched() {
    guard conductor.isConducting else { return }
    touches[conductor.current] = tick()
  }

  /// Nothing has come to be yet.
  func clear() {
    names.clear()
    hasBeenReached = false
    clock = 0
    lockOrder.clear()
    if !armed.isEmpty { armed.removeAll() }
  }

  /// The thread that runs stands between two of its calls.
  func standBetweenCalls() {
    conductor.reach(StageNames.betweenCalls, .none, writes: false)
  }

  /// A call of the thread that runs begins or ends.
  func note(_ part: CallPart) {
    if conductor.notesEvents { conductor.footprint.note(part) }
  }

  /// Threads begin: what the system did while it was made does not count.
  func begin() { hasBeenReached = false }

  override package func addLock(_ kind: StaticString, _ name: String?) -> Int {
    let number = names.addLock(kind, name)
    conductor.locks.reserve(number + 1)
    return number
  }

  override package func addPlace(_ kind: StaticString, _ name: String?) -> Int {
    names.addPlace(kind, name)
  }

  override package func point(_ name: StaticString) -> Int { names.point(name) }

  override package func take(_ lock: Int) {
    hasBeenReached = true
    conductor.take(lock)
    if conductor.isConducting { lockOrder.take(lock, conductor.current) }
    touched()
    noteChange()
  }

  override package func tryTake(_ lock: Int) -> Bool {
    hasBeenReached = true
    conductor.reach(
      names.place(.tries, lock, ofLock: true), .lock(lock), writes: true)
    touched()
    noteChange()
    return conductor.tryTake(lock)
  }

  override package func release(_ lock: Int) {
    if conductor.isConducting { lockOrder.release(lock, conductor.current) }
    if let released, conductor.isConducting { released(lock) }
    conductor.release(lock)
  }

  override package func reach(_ verb: StageVerb, _ place: Int, changes: Bool) {
    hasBeenReached = true
    let resource =
      switch verb {
      case .passes: StageNames.memory
      case .sets, .cancels: Self.timers
      default: Resource.other(place)
      }
    conductor.reach(names.place(verb, place), resource, writes: changes)
    touched()
  }

  override package func touch(_ place: Int) {
    if conductor.notesEvents { conductor.footprint.touch(.other(place)) }
  }

  override package func rest(at place: Int) {
    if !conductor.isConducting, let restedAlone { restedAlone() }
    conductor.rest(at: place)
  }

  override package func wake(_ place: Int) { conductor.wake(place) }

  // MARK: Time

  override package func addTimer(_ name: String?) -> Int {
    usesTimers = true
    return names.addPlace("timer", name)
  }

  override package func arm(_ timer: Int, after milliseconds: UInt64, _ work: @escaping () -> Void)
  {
    disarm(timer)
    let due = conductor.time &+ milliseconds
    let place = armed.firstIndex { $0.due > due } ?? armed.count
    armed.insert((timer, due, work), at: place)
    if conductor.isConducting { conductor.wakeWorkers() }
  }

  override package func disarm(_ timer: Int) { armed.removeAll { $0.timer == timer } }

  /// Runs what timers are set to, one after the other, each whenever this is chosen, until all
  /// threads have ended.
  ///
  /// - Parameter fires: told of each, before and after it.
  func runTimers(_ fires: (_ timer: String?) -> Void) {
    let resource = Self.timers
    while conductor.rest(until: { !armed.isEmpty }, touching: resource), conductor.hasCPUs {
      conductor.reach(names.place(.fires, armed.first?.timer ?? 0), resource, writes: true)
      // It may have been cancelled meanwhile, or another one be due before it.
      guard conductor.hasCPUs, let next = armed.first else { continue }
      armed.removeFirst()
      conductor.time = max(conductor.time, next.due)
      fires(names.name(.other(next.timer)))
      next.work()
      fires(nil)
    }
  }

  /// What setting a timer touches, and whoever runs it.
  private static let timers = Resource.other(1 << 23 + 1)

  override package func lapse(_ milliseconds: UInt64) { conductor.time &+= milliseconds }

  override package var now: UInt64 { conductor.time }

  override package func sleep(_ milliseconds: UInt64) { conductor.sleep(milliseconds) }
}
