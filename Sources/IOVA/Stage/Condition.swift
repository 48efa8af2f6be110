import Dispatch
import Synchronization

extension Stage {
  /// A condition that threads wait for under a lock: shaped like `NSCondition`, and usable with a
  /// `Mutex` as well.
  ///
  /// `signal` wakes one of the threads that already wait, any of them; a thread that waits later
  /// does not get that signal. There are no spurious wake-ups.
  ///
  /// ```swift
  /// condition.lock()
  /// while items.isEmpty { condition.wait() }
  /// let item = items.removeFirst()
  /// condition.unlock()
  ///
  /// let other = notEmpty.wait(items, until: { !$0.isEmpty }) { $0.removeFirst() }
  /// ```
  public final class Condition: Sendable {
    private let tickets: Synchronization.Mutex<Tickets>
    private let place: StagePlace?
    private let owner: Stage?
    private let own: Lock

    /// A condition with a lock of its own.
    ///
    /// - Parameter name: its printed name; without one it is `condition 1`, `condition 2`, …
    public convenience init(_ name: String? = nil) {
      self.init(sharing: Lock(name.map { "the lock of \($0)" }), name)
    }

    /// A condition on a lock that others use as well.
    public init(sharing lock: Lock, _ name: String? = nil) {
      own = lock
      tickets = Synchronization.Mutex(Tickets())
      place = StagePlace.place("condition", name)
      owner = Stage.current
    }

    /// Takes the lock.
    public func lock() { own.lock() }

    /// Releases the lock.
    public func unlock() { own.unlock() }

    /// Waits for a signal; the lock is free meanwhile.
    public func wait() {
      let ticket = enter()
      own.unlock()
      attend(ticket)
      own.lock()
    }

    /// Waits at most that long for a signal, with the lock free meanwhile; false if none came. On a
    /// stage it may give up at any time, since others may be arbitrarily slow.
    public func wait(milliseconds: UInt64) -> Bool {
      let ticket = enter()
      own.unlock()
      defer { own.lock() }
      return attend(ticket, upTo: milliseconds)
    }

    /// Runs `body` with a mutex held once `isReady` returns true, and until then waits for signals
    /// with the mutex free.
    public func wait<Value: ~Copyable, Result>(
      _ mutex: borrowing Mutex<Value>, until isReady: (inout Value) -> Bool,
      then body: (inout Value) -> sending Result
    ) -> sending Result {
      while true {
        var ticket: Ticket?
        let result: Result? = mutex.withLock { value in
          if isReady(&value) { return body(&value) }
          ticket = enter()
          return nil
        }
        if let result { return result }
        if let ticket { attend(ticket) }
      }
    }

    /// Wakes one of the waiting threads.
    public func signal() {
      place?.reach(.signals, changes: true)
      tickets.withLock { $0.permit(1) }
      place?.wake()
    }

    /// Wakes all waiting threads.
    public func broadcast() {
      place?.reach(.broadcasts, changes: true)
      tickets.withLock { $0.permit(.max) }
      place?.wake()
    }

    private func enter() -> Ticket {
      place?.reach(.waits, changes: true)
      return tickets.withLock { $0.enter(isReal: place == nil) }
    }

    private func attend(_ ticket: Ticket) {
      guard let place else { return ticket.signal.unsafelyUnwrapped.wait() }
      place.touch()
      while !tickets.withLock({ $0.leave(ticket) }) { place.rest() }
    }

    private func attend(_ ticket: Ticket, upTo milliseconds: UInt64) -> Bool {
      guard let place else {
        let limit = DispatchTime.now() + .milliseconds(Int(clamping: milliseconds))
        if ticket.signal.unsafelyUnwrapped.wait(timeout: limit) == .success { return true }
        // The signal may have come just now.
        return tickets.withLock { !$0.giveUp(ticket) }
      }
      place.reach(.givesUp, changes: true)
      if tickets.withLock({ $0.leave(ticket) }) { return true }
      _ = tickets.withLock { $0.giveUp(ticket) }
      place.lapse(milliseconds)
      return false
    }
  }
}

/// The threads that wait at a condition, and how many of them may go on.
private struct Tickets: ~Copyable {
  private var waiting: [Ticket] = []
  private var next: UInt64 = 0
  /// For each signal, the number of the first ticket that came too late for it.
  private var permits: [UInt64] = []

  mutating func enter(isReal: Bool) -> Ticket {
    let ticket = Ticket(number: next, signal: isReal ? DispatchSemaphore(value: 0) : nil)
    next += 1
    waiting.append(ticket)
    return ticket
  }

  mutating func permit(_ count: Int) {
    if let signal = waiting.first?.signal {
      // Real threads: the one that came first goes on.
      if count == 1 {
        waiting.removeFirst()
        signal.signal()
      } else {
        for ticket in waiting { ticket.signal?.signal() }
        waiting.removeAll()
      }
      return
    }
    for _ in 0..<min(count, waiting.count - permits.count) { permits.append(next) }
  }

  /// Stops waiting; false if a signal came meanwhile.
  mutating func giveUp(_ ticket: Ticket) -> Bool {
    let count = waiting.count
    waiting.removeAll { $0.number == ticket.number }
    return waiting.count < count
  }

  /// Takes a signal that came while the ticket waited; false if there is none.
  mutating func leave(_ ticket: Ticket) -> Bool {
    guard let permit = permits.firstIndex(where: { ticket.number < $0 }) else { return false }
    permits.remove(at: permit)
    waiting.removeAll { $0.number == ticket.number }
    return true
  }
}

private struct Ticket: Sendable {
  let number: UInt64
  /// What a real thread waits for.
  let signal: DispatchSemaphore?
}
