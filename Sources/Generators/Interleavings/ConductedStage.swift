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
  /// What is said of the execution if it crashes or gets nowhere.
  @exclusivity(unchecked) var describe: (() -> String)?
  /// Counts what threads did; by thread, the count at which it last touched something.
  @exclusivity(unchecked) private(set) var clock: UInt32 = 0
  private let touches: UnsafeMutablePointer<UInt32>
  /// Told that a lock is free again, before anybody else can take it.
  @exclusivity(unchecked) var released: ((_ lock: Int) -> Void)?
  /// Called where code waits that runs alone: it would wait for ever.
  @exclusivity(unchecked) var restedAlone: (() -> Never)?

  init(_ conductor: Conductor, _ names: StageNames, threads: Int) {
    self.conductor = conductor
    self.names = names
    touches = .allocate(capacity: threads)
    touches.initialize(repeating: 0, count: threads)
    super.init()
  }

  deinit { touches.deallocate() }

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
    if let released, conductor.isConducting { released(lock) }
    conductor.release(lock)
  }

  override package func reach(_ verb: StageVerb, _ place: Int, changes: Bool) {
    hasBeenReached = true
    let resource = verb == .passes ? StageNames.memory : Resource.other(place)
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

  override package var now: UInt64 { conductor.time }

  override package func sleep(_ milliseconds: UInt64) { conductor.sleep(milliseconds) }
}
