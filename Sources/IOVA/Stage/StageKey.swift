#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where each thread keeps its current stage.
struct StageKey: Sendable {
  static let shared = StageKey()

  private let key: pthread_key_t

  private init() {
    var key = pthread_key_t()
    let failure = pthread_key_create(&key, nil)
    precondition(failure == 0, "the process has no key left for a thread's stage")
    self.key = key
  }

  var stage: Stage? {
    pthread_getspecific(key).map { Unmanaged<Stage>.fromOpaque($0).takeUnretainedValue() }
  }

  func exchange(_ stage: Stage?) -> Stage? {
    let before = self.stage
    pthread_setspecific(
      key, stage.map { UnsafeRawPointer(Unmanaged.passUnretained($0).toOpaque()) })
    return before
  }
}
