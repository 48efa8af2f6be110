import Foundation

/// The seed of a run for which none was given.
enum ClockSeed {
  /// Microseconds since 1970, so that no two runs of one machine share a seed.
  ///
  /// This is the only place where the clock decides anything; the run prints the seed first.
  static func now() -> UInt64 {
    UInt64(max(0, Date().timeIntervalSince1970) * 1_000_000)
  }
}
