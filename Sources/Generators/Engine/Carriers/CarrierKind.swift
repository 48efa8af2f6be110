/// The ways to carry a CPU, the fastest last.
package enum CarrierKind: String, CaseIterable, Hashable, Sendable {
  /// A thread for each CPU, and a baton: 1.7 µs a hand-over, everywhere.
  case dispatch
  /// Coroutines, and the C library's `swapcontext`: 250 ns, with glibc.
  case swapcontext
  /// Coroutines, and a switch of our own: 20 ns, on x86-64 Linux.
  case ownSwitch

  /// Those that work here.
  package static let available: [CarrierKind] = allCases.filter(\.isAvailable)

  /// The fastest that works here.
  package static let fastest: CarrierKind = available.last ?? .dispatch

  /// Whether it works here.
  package var isAvailable: Bool {
    switch self {
    case .dispatch: true
    case .swapcontext: UserContextSwitch.ofThisProcess != nil
    case .ownSwitch: OwnSwitch.ofThisProcess != nil
    }
  }

  /// A carrier of this kind; where it does not work, one of the next slower kind that does.
  package func carrier(cpus: Int) -> any Carrier {
    var mechanism: FiberSwitch.Mechanism?
    if self == .ownSwitch { mechanism = OwnSwitch.ofThisProcess.map { .own($0) } }
    if mechanism == nil, self != .dispatch {
      mechanism = UserContextSwitch.ofThisProcess.map { .userContext($0) }
    }
    guard let mechanism, let carrier = FiberCarrier(cpus: cpus, by: mechanism) else {
      return DispatchCarrier(cpus: cpus)
    }
    return carrier
  }
}
