import IOVA

/// What code under test is written on: `Stage.Mutex`, `Stage.Atomic`, `Stage.Condition`, … are
/// switch points on a stage, and the real thing elsewhere.
///
/// ```swift
/// typealias Mutex = Stage.Mutex  // in a test build; `Synchronization.Mutex` in the others
/// ```
public typealias Stage = IOVA.Stage

/// A place at which another thread may go on: nothing, unless the calling thread is on a stage.
///
/// For code that shares what no primitive guards: before each access, so that a race on it is a
/// choice like any other.
///
/// ```swift
/// point("reads balance")
/// let old = balance
/// point("writes balance")
/// balance = old + 1
/// ```
public func point(_ name: StaticString) { IOVA.point(name) }
