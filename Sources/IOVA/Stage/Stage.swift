/// Decides which thread goes on, wherever code under test may be interrupted.
///
/// Primitives (`Stage.Mutex`, `Stage.Atomic`, …) that a thread on a stage makes call it before they
/// do anything that another thread could notice. Those made elsewhere are the real primitives. A
/// stage lets one thread run at a time, so it only records locks and takes none.
///
/// `@unchecked` because it has subclasses, and is touched by one thread at a time.
open class Stage: @unchecked Sendable {
  public init() {}

  /// The stage that the calling thread is on; nil if it is on none. O(1)
  public static var current: Stage? { StageKey.shared.stage }

  /// Puts the calling thread on a stage, or takes it off with nil; the caller keeps the stage
  /// alive.
  ///
  /// - Returns: the stage that it was on.
  @discardableResult
  public static func enter(_ stage: Stage?) -> Stage? { StageKey.shared.exchange(stage) }

  // MARK: What there is

  /// Registers a lock; returns its number.
  ///
  /// - Parameter kind: what it is called if it has no name of its own, such as `mutex`.
  open func addLock(_ kind: StaticString, _ name: String?) -> Int { 0 }

  /// Registers another place at which threads can meet; returns its number.
  open func addPlace(_ kind: StaticString, _ name: String?) -> Int { 0 }

  /// Registers a timer; returns the number of its place.
  open func addTimer(_ name: String?) -> Int { 0 }

  /// The number of the place that stands for all points with this name.
  open func point(_ name: StaticString) -> Int { 0 }

  // MARK: What threads do

  /// Returns once the calling thread may have the lock.
  open func take(_ lock: Int) {}

  /// Whether the calling thread may have the lock now.
  open func tryTake(_ lock: Int) -> Bool { true }

  /// The calling thread has released the lock.
  open func release(_ lock: Int) {}

  /// The calling thread does this next.
  ///
  /// - Parameter changes: whether other threads can notice.
  open func reach(_ verb: StageVerb, _ place: Int, changes: Bool) {}

  /// The calling thread accesses a place, and no other may go on before.
  open func touch(_ place: Int) {}

  /// The calling thread can't go on before a `wake` at the place, and then checks again.
  open func rest(at place: Int) {}

  /// The threads that rest at the place may check again.
  open func wake(_ place: Int) {}

  /// Runs `work` on the timers' thread after that many milliseconds, or whenever that is chosen.
  open func arm(_ timer: Int, after milliseconds: UInt64, _ work: @escaping () -> Void) {}

  /// Cancels the timer's work.
  open func disarm(_ timer: Int) {}

  /// The calling thread gives up waiting, since that many milliseconds have passed.
  open func lapse(_ milliseconds: UInt64) {}

  /// Milliseconds since the execution began, counting only those that were waited for.
  open var now: UInt64 { 0 }

  /// Returns after that many milliseconds, which pass when no other thread can go on.
  open func sleep(_ milliseconds: UInt64) {}
}

/// What a thread does at a place, as it is printed: `signals not empty`.
@frozen
public enum StageVerb: UInt8, CaseIterable, Sendable {
  case loads, stores, exchanges, compares, adds
  case waits, signals, broadcasts
  case enters, leaves, tries
  case passes, sleeps
  case givesUp, sets, cancels, fires
  case changes

  /// The words for it in a sentence about the thread, before the name of the place.
  public var words: String {
    switch self {
    case .compares: "compares and exchanges"
    case .adds: "adds to"
    case .waits: "waits for"
    case .broadcasts: "signals to all at"
    case .tries: "tries to take"
    case .givesUp: "may give up waiting for"
    default: "\(self)"
    }
  }
}

/// A place on a stage, as a primitive knows it. Does not retain the stage, which the caller keeps
/// alive.
@frozen
@usableFromInline
struct StagePlace: Sendable {
  @usableFromInline let stage: Unmanaged<Stage>
  @usableFromInline let number: Int

  @usableFromInline
  init(_ stage: Stage, _ number: Int) {
    self.stage = .passUnretained(stage)
    self.number = number
  }

  /// A lock on the stage of the calling thread; nil if it is on none.
  @usableFromInline
  static func lock(_ kind: StaticString, _ name: String?) -> StagePlace? {
    Stage.current.map { StagePlace($0, $0.addLock(kind, name)) }
  }

  /// A place that is no lock.
  @usableFromInline
  static func place(_ kind: StaticString, _ name: String?) -> StagePlace? {
    Stage.current.map { StagePlace($0, $0.addPlace(kind, name)) }
  }

  /// A timer.
  static func timer(_ name: String?) -> StagePlace? {
    Stage.current.map { StagePlace($0, $0.addTimer(name)) }
  }

  @usableFromInline func take() { stage._withUnsafeGuaranteedRef { $0.take(number) } }
  @usableFromInline func release() { stage._withUnsafeGuaranteedRef { $0.release(number) } }
  @usableFromInline
  func tryTake() -> Bool { stage._withUnsafeGuaranteedRef { $0.tryTake(number) } }
  @usableFromInline
  func reach(_ verb: StageVerb, changes: Bool) {
    stage._withUnsafeGuaranteedRef { $0.reach(verb, number, changes: changes) }
  }
  @usableFromInline func rest() { stage._withUnsafeGuaranteedRef { $0.rest(at: number) } }
  @usableFromInline func wake() { stage._withUnsafeGuaranteedRef { $0.wake(number) } }
  func arm(_ delay: UInt64, _ work: @escaping () -> Void) {
    stage._withUnsafeGuaranteedRef { $0.arm(number, after: delay, work) }
  }
  func disarm() { stage._withUnsafeGuaranteedRef { $0.disarm(number) } }
  func lapse(_ milliseconds: UInt64) { stage._withUnsafeGuaranteedRef { $0.lapse(milliseconds) } }
  func touch() { stage._withUnsafeGuaranteedRef { $0.touch(number) } }
}
