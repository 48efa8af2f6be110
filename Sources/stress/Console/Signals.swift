import Foundation
import Synchronization

/// Turns SIGINT and SIGTERM into a request for an orderly end, which the run checks between rounds.
///
/// Handlers come from `sigaction`, not from Dispatch: a Dispatch source needs the signal ignored
/// first, and may lose one that is sent right after it is resumed.
enum Signals {
  private static let endFlag = Atomic(false)
  private static let lastSignal = Atomic<Int32>(0)
  private static let interrupts = Atomic<Int>(0)

  /// Whether the run should end as soon as it can do so in order.
  static var endIsRequested: Bool { endFlag.load(ordering: .acquiring) }

  /// The signal that asked for the end; `nil` if none did.
  static var cause: String? {
    switch lastSignal.load(ordering: .acquiring) {
    case SIGINT: "SIGINT"
    case SIGTERM: "SIGTERM"
    default: nil
    }
  }

  /// Requests the end as a signal would.
  static func requestEnd() {
    endFlag.store(true, ordering: .releasing)
  }

  /// Makes SIGINT and SIGTERM request the end, a second SIGINT kill, and a closed pipe an error
  /// that `Output` sees rather than a signal that kills.
  ///
  /// Also handles a signal that was ignored when the process started, as shells do for background
  /// jobs: a run of eight hours must end in order however it was started.
  static func install() {
    // Globals are initialised on first use, which must not happen inside a handler.
    _ = (endIsRequested, cause, interrupts.load(ordering: .relaxed))
    set(SIGPIPE, SIG_IGN)
    for signal in [SIGINT, SIGTERM] { set(signal, received) }
  }

  /// Runs inside the handler, so it may only touch atomics and call what POSIX allows there.
  private static let received: @convention(c) (Int32) -> Void = { signal in
    if signal == SIGINT && Signals.interrupts.add(1, ordering: .relaxed).oldValue > 0 {
      Foundation.signal(SIGINT, SIG_DFL)
      raise(SIGINT)
    }
    Signals.lastSignal.store(signal, ordering: .releasing)
    Signals.endFlag.store(true, ordering: .releasing)
  }

  private static func set(_ signal: Int32, _ handler: sig_t?) {
    var action = sigaction()
    #if canImport(Darwin)
      action.__sigaction_u.__sa_handler = handler
    #else
      action.__sigaction_handler.sa_handler = handler
    #endif
    action.sa_flags = Int32(SA_RESTART)
    let status = sigaction(signal, &action, nil)
    precondition(status == 0, "signal \(signal) cannot be handled")
  }
}
