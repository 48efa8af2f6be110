import Foundation

/// What the process has cost so far, however many others share its cores.
enum CPUTime {
  /// Time that all threads of the process ran, in their own code and in the system's for them; zero
  /// if the system does not tell.
  static var now: Duration {
    var time = timespec()
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return .zero }
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }
}
