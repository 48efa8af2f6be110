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
    let signals = SignalStack()
    defer { signals.end() }
    let handlers = DeathHandlers()
    defer { handlers.restore() }
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

  /// Says what it can: a trap is seldom in the middle of what this needs, and an alarm ends the
  /// process if it was.
  fileprivate static let died: @convention(c) (Int32) -> Void = { number in
    if let stage = Stage.current as? ConductedStage, let describe = stage.describe {
      stage.describe = nil
      alarm(5)
      let names = [SIGSEGV: "a bad access", SIGBUS: "a bad access", SIGABRT: "an abort"]
      say(describe() + "\n  a call ends the process: \(names[number] ?? "a trap")\n")
    }
    // The process dies as it would have.
    DeathHandlers.before.withLock { $0.give(number) }
    raise(number)
  }
}

/// Handlers of what a process dies of, while any check runs; then those from before are back.
private struct DeathHandlers {
  /// What was there before the first of so many checks.
  struct Before {
    var checks = 0
    var actions: [(signal: Int32, action: DeathAction)] = []

    /// Gives a signal back to who had it.
    func give(_ signal: Int32) {
      guard var own = actions.first(where: { $0.signal == signal })?.action else { return }
      sigaction(signal, &own, nil)
    }
  }

  static let before = Mutex(Before())
  private static let signals = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT]

  init() {
    Self.before.withLock { state in
      state.checks += 1
      guard state.checks == 1 else { return }
      state.actions = Self.signals.map { number in
        var (action, before) = (DeathAction(), DeathAction())
        #if canImport(Glibc)
          action.__sigaction_handler.sa_handler = StageWatch.died
        #else
          action.__sigaction_u.__sa_handler = StageWatch.died
        #endif
        action.sa_flags = Int32(SA_ONSTACK) | Int32(bitPattern: UInt32(SA_RESETHAND))
        sigaction(number, &action, &before)
        return (number, before)
      }
    }
  }

  func restore() {
    Self.before.withLock { state in
      state.checks -= 1
      guard state.checks == 0 else { return }
      for number in Self.signals { state.give(number) }
      state.actions = []
    }
  }
}

/// The type, whose name is that of a function as well.
private typealias DeathAction = sigaction

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
