import Dispatch

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A place at which another thread may go on; does nothing unless the calling thread is on a stage.
///
/// Put it before each access to shared state that no primitive guards, so that a race on it is a
/// choice like any other.
///
/// ```swift
/// point("reads balance")
/// let old = balance
/// point("writes balance")
/// balance = old + 1
/// ```
public func point(_ name: StaticString) {
  guard let stage = Stage.current else { return }
  stage.reach(.passes, stage.point(name), changes: true)
}

extension Stage {
  /// Time as code under test sees it: on a stage it passes when no other thread can go on.
  ///
  /// ```swift
  /// Stage.Clock.sleep(milliseconds: 10)
  /// ```
  public enum Clock {
    /// Milliseconds since the execution began; off a stage, since an arbitrary moment.
    public static var now: UInt64 {
      if let stage = Stage.current { return stage.now }
      return DispatchTime.now().uptimeNanoseconds / 1_000_000
    }

    /// Returns after that many milliseconds.
    public static func sleep(milliseconds: UInt64) {
      if let stage = Stage.current { return stage.sleep(milliseconds) }
      usleep(UInt32(clamping: milliseconds * 1000))
    }
  }
}
