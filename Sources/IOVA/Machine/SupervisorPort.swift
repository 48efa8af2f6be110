/// A supervisor as locks and domains call it: without counting references.
///
/// All CPUs call the same supervisor at every lock; counting references would have them fight for
/// one cache line each time. The machine owns the supervisor and the port, and outlives all
/// callers. Differs from calling the existential in one way: a call costs one indirection (two if
/// the supervisor is not itself a port), and no ARC.
///
/// `@unchecked` because it has subclasses, and a listener that changes only while nobody runs.
open class SupervisorPort: Supervisor, @unchecked Sendable {
  /// Is told of events instead of this port; nil for this port itself. Changes only while nobody
  /// runs.
  @exclusivity(unchecked) final var listener: Unmanaged<SupervisorPort>?

  public init() {}

  open func acquiring(_ lock: LockID, on cpu: CPU) {}
  open func releasing(_ lock: LockID, on cpu: CPU) {}
  open func released(_ lock: LockID, on cpu: CPU) {}
  open func reached(_ window: Window, on cpu: CPU) {}
  open func observed(_ event: DomainEvent, on cpu: CPU) {}
  open func oops(_ oops: Oops, on cpu: CPU) {}

  /// The port of a supervisor: itself, if it is one.
  public static func port(of supervisor: any Supervisor) -> SupervisorPort {
    (supervisor as? SupervisorPort) ?? make(supervisor)
  }

  private static func make(_ supervisor: some Supervisor) -> SupervisorPort { Port(supervisor) }

  private final class Port<Target: Supervisor>: SupervisorPort, @unchecked Sendable {
    private let target: Unmanaged<Target>

    init(_ target: Target) {
      self.target = .passUnretained(target)
      super.init()
    }

    override func acquiring(_ lock: LockID, on cpu: CPU) {
      target._withUnsafeGuaranteedRef { $0.acquiring(lock, on: cpu) }
    }

    override func releasing(_ lock: LockID, on cpu: CPU) {
      target._withUnsafeGuaranteedRef { $0.releasing(lock, on: cpu) }
    }

    override func released(_ lock: LockID, on cpu: CPU) {
      target._withUnsafeGuaranteedRef { $0.released(lock, on: cpu) }
    }

    override func reached(_ window: Window, on cpu: CPU) {
      target._withUnsafeGuaranteedRef { $0.reached(window, on: cpu) }
    }

    override func observed(_ event: DomainEvent, on cpu: CPU) {
      target._withUnsafeGuaranteedRef { $0.observed(event, on: cpu) }
    }

    override func oops(_ oops: Oops, on cpu: CPU) {
      target._withUnsafeGuaranteedRef { $0.oops(oops, on: cpu) }
    }
  }
}

/// A reference to a port that is not counted; nil if there is no supervisor.
struct SupervisorLink: Sendable {
  private let port: Unmanaged<SupervisorPort>?

  init(_ port: SupervisorPort?) { self.port = port.map { .passUnretained($0) } }

  /// Whether there is a supervisor.
  @inline(__always)
  var isLive: Bool { port != nil }

  /// Lets others go first, if there is a supervisor.
  @inline(__always)
  func reach(_ window: Window, on cpu: CPU) {
    if let port { port._withUnsafeGuaranteedRef { $0.reached(window, on: cpu) } }
  }

  @inline(__always)
  func call(_ body: (SupervisorPort) -> Void) {
    if let port { port._withUnsafeGuaranteedRef { body($0) } }
  }

  /// Calls the listener, or else the supervisor.
  @inline(__always)
  func tell(_ body: (SupervisorPort) -> Void) {
    call { port in
      if let listener = port.listener {
        listener._withUnsafeGuaranteedRef { body($0) }
      } else {
        body(port)
      }
    }
  }
}
