import Dispatch
import IOVA
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Sees to it that no test hangs, and none dies without a word: where code under test neither ends
/// nor reaches a switch point, or traps, the process says in which program, and ends.
///
/// Nothing can be taken back there: a thread that spins can't be stopped, nor a trap be left.
enum StageWatch {
  /// How long an execution may last.
  static let patience = Duration.seconds(8)

  private static let beats = Atomic<UInt64>(0)

  /// An execution begins.
  static func beat() { beats.wrappingAdd(1, ordering: .relaxed) }

  /// Watches while `body` runs on the calling thread.
  ///
  /// - Parameter describe: What is said where nothing goes on.
  static func watching<Result>(
    _ describe: @escaping () -> String, _ body: () throws -> Result
  ) rethrows -> Result {
    _ = handlers
    let signals = SignalStack()
    defer { signals.end() }
    let watched = Watched(describe)
    let timer = DispatchSource.makeTimerSource(queue: queue)
    timer.schedule(deadline: .now() + .seconds(1), repeating: .seconds(1))
    timer.setEventHandler { watched.look(beats.load(ordering: .relaxed)) }
    timer.resume()
    defer {
      timer.cancel()
      // Nobody looks any more once this comes back.
      queue.sync {}
    }
    return try body()
  }

  private static let queue = DispatchQueue(label: "stage.watch")

  /// What the watch saw last; used on its queue.
  private final class Watched: @unchecked Sendable {
    private let describe: () -> String
    private var beats: UInt64 = 0
    private var seconds: Int64 = 0

    init(_ describe: @escaping () -> String) { self.describe = describe }

    func look(_ now: UInt64) {
      if now != beats { (beats, seconds) = (now, 0) }
      seconds += 1
      guard seconds > patience.components.seconds else { return }
      StageWatch.say(
        describe() + "\n  for \(seconds - 1) s nothing ended and no switch point was reached: a "
          + "call blocks outside the stage, or spins\n")
      _exit(1)
    }
  }

  fileprivate static func say(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)[...]
      while !rest.isEmpty {
        let count = write(
          STDERR_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Installed once: what a process dies of.
  private static let handlers: Void = {
    for number in [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT] {
      var action = sigaction()
      #if canImport(Glibc)
        action.__sigaction_handler.sa_handler = died
      #else
        action.__sigaction_u.__sa_handler = died
      #endif
      action.sa_flags = Int32(SA_ONSTACK) | Int32(bitPattern: UInt32(SA_RESETHAND))
      sigaction(number, &action, nil)
    }
  }()

  /// Says what it can: a trap is seldom in the middle of what this needs, and an alarm ends the
  /// process if it was.
  private static let died: @convention(c) (Int32) -> Void = { number in
    if let stage = Stage.current as? ConductedStage, let describe = stage.describe {
      stage.describe = nil
      alarm(5)
      let names = [SIGSEGV: "a bad access", SIGBUS: "a bad access", SIGABRT: "an abort"]
      say(describe() + "\n  a call ends the process: \(names[number] ?? "a trap")\n")
    }
    // The handler was reset: the process dies as it would have.
    raise(number)
  }
}

/// A stack for signal handlers of the calling thread: that of a coroutine may be full.
private struct SignalStack {
  private let memory = UnsafeMutableRawPointer.allocate(byteCount: 1 << 18, alignment: 16)
  private let before: stack_t

  init() {
    var stack = stack_t()
    stack.ss_sp = memory
    stack.ss_size = 1 << 18
    var before = stack_t()
    sigaltstack(&stack, &before)
    self.before = before
  }

  func end() {
    var before = before
    sigaltstack(&before, nil)
    memory.deallocate()
  }
}
