/// How many invalidations of a queue have started and finished; neither count ever falls (rule 66).
struct FlushEpoch: ~Copyable, Sendable {
  private let startedCount = AtomicWord()
  private let finishedCount = AtomicWord()

  var started: UInt64 { startedCount.value }
  var finished: UInt64 { finishedCount.value }

  /// Called immediately before an invalidation; returns its number, which is 1 for the first.
  func start() -> UInt64 { startedCount.increment() }

  /// Called immediately after it.
  func finish() { finishedCount.increment() }

  /// Resets both counts; only while nobody runs.
  func reset() {
    startedCount.reset()
    finishedCount.reset()
  }
}
