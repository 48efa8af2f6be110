import IOVA

/// Domains that are kept, each on its machine, for the next program with the same settings.
///
/// Making a domain takes two magazines and a lock for each CPU and class, far more than a short
/// program does; a reset costs only what the program touched. Nothing can tell the two apart. For
/// one thread, and one domain in use at a time.
package final class DomainShelf {
  /// The most domains that are kept, before all are given up; a small workload has fewer settings.
  private static let most = 256

  private let clock: Machine.Clock
  private let locking: Machine.Locking
  private let supervisor: (any Supervisor)?
  private let listener: (any Supervisor)?
  private let judge: Judge
  private var kept: [ProgramSettings: IOVADomain] = [:]
  /// The settings of the last domain taken: one program often runs many times.
  @exclusivity(unchecked) private var lastSettings = ProgramSettings()
  @exclusivity(unchecked) private var last: IOVADomain?
  /// Whether the last program ended before its request that was to be refused.
  @exclusivity(unchecked) private(set) var isRefusalDue = false

  /// - Parameter clock: any except the host's.
  /// - Parameter supervisor: watches every machine.
  /// - Parameter listener: can be told of events in its place.
  /// - Parameter judge: is told of domains that can't be made.
  package init(
    clock: Machine.Clock = .virtual, locking: Machine.Locking = .spin,
    supervisor: (any Supervisor)?, listener: (any Supervisor)? = nil, judge: Judge = .none
  ) {
    self.clock = clock
    self.locking = locking
    self.supervisor = supervisor
    self.listener = listener
    self.judge = judge
  }

  /// Gives all domains up if there are too many; called before one is taken. What their ends break
  /// does not belong to the next program: have the judge forget it.
  package func makeRoom() {
    guard kept.count >= Self.most else { return }
    last = nil
    kept.removeAll(keepingCapacity: true)
  }

  /// A domain in its initial state, on a machine with virtual time; nil if it can't be made, which
  /// is lawful if memory fails.
  package func take(_ settings: ProgramSettings) -> IOVADomain? {
    if let last, lastSettings == settings { return last }
    lastSettings = settings
    last = kept[settings]
    if let last { return last }
    let machine = Machine(
      cpus: settings.cpus, clock: clock, locking: locking, supervisor: supervisor,
      listener: listener)
    last = SequentialRun.makeDomain(settings, on: machine, judge)
    isRefusalDue = machine.memory.isRefusalDue
    // Requests are counted from the making of the domain.
    if settings.refusedRequest != nil { return last }
    if let last, last.isReusable { kept[settings] = last }
    return last
  }

  /// Puts the domain in use back on the shelf; returns what it lost.
  ///
  /// - Parameters:
  ///   - isBroken: whether a law is broken, so that the domain can't be used any more.
  ///   - isBrief: whether the reset is not judged.
  package func giveBack(isBroken: Bool, isBrief: Bool = false) -> DomainRemains {
    guard let domain = last else { preconditionFailure("no domain is in use") }
    isRefusalDue = domain.machine.memory.isRefusalDue
    if isBroken {
      discard()
      domain.abandon()
      return .init()
    }
    if !domain.isReusable || lastSettings.refusedRequest != nil {
      discard()
      return domain.teardown(on: CPU(0))
    }
    let remains = domain.reset()
    domain.machine.reset()
    if !isBrief, remains.isEmpty { judge.wasReset(domain) }
    if !remains.isEmpty || judge.isBroken {
      discard()
      if supervisor != nil { domain.abandon() }
    }
    return remains
  }

  /// Discards the domain in use: it was torn down, or can't be trusted.
  package func discard() {
    isRefusalDue = last?.machine.memory.isRefusalDue ?? false
    kept[lastSettings] = nil
    last = nil
  }
}
