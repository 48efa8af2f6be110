import IOVA

/// All programs up to a size, made of three kinds of commands: what `prove` runs under every
/// interleaving.
///
/// Programs that differ only in which CPU runs what count as one. A free names the newest range of
/// its own CPU, so none comes without a range.
public struct ProofSpace: Sendable {
  /// A kind of command.
  public enum Kind: Int, Sendable, CaseIterable {
    case allocate, free, flush
  }

  /// The number of CPUs.
  public let cpus: Int
  /// The most commands of one CPU.
  public let commands: Int
  /// Whether ranges go through the CPUs' caches, rather than straight to the tree.
  public let usesCache: Bool
  /// What one CPU may run, shorter lanes first.
  public let lanes: [[Kind]]
  /// The faults that are switched on.
  public var faults = FaultSet.none
  /// The release.
  public var revision = Revision.current

  public init(cpus: Int, commands: Int, usesCache: Bool) {
    self.cpus = cpus
    self.commands = commands
    self.usesCache = usesCache
    var lanes: [[Kind]] = [[]]
    var longest = lanes
    for _ in 0..<commands {
      longest = longest.flatMap { lane in
        Kind.allCases.filter { $0 != .free || ProofSpace.live(in: lane) > 0 }.map { lane + [$0] }
      }
      lanes += longest
    }
    self.lanes = lanes
  }

  private static func live(in lane: [Kind]) -> Int {
    lane.reduce(0) { $0 + ($1 == .allocate ? 1 : $1 == .free ? -1 : 0) }
  }

  /// How many programs there are: lanes chosen with repetition, without order; nil if the number
  /// does not fit an integer.
  public var count: Int? {
    (1...cpus).reduce(1) { count, number in
      guard let product = count?.multipliedReportingOverflow(by: lanes.count + number - 1),
        !product.overflow
      else { return nil }
      return product.partialValue / number
    }
  }

  /// What no program of the space does, so that no proof covers it.
  public var leavesOut: [String] {
    [
      usesCache ? "depots" : "caches", "timers, flush queues, and workers beside calls or teardown",
      "devices and page tables", "reservations and splits",
      "ranges of several pages, aligned, or with low limits", "CPUs that come and go",
      "memory that fails",
    ]
  }

  /// The lanes of every program, the simplest first.
  public func visit(_ body: ([Int]) -> Void) {
    var mix = Array(repeating: 0, count: cpus)
    while true {
      body(mix)
      guard let place = mix.indices.last(where: { mix[$0] < lanes.count - 1 }) else { return }
      let next = mix[place] + 1
      for index in place..<cpus { mix[index] = next }
    }
  }

  /// The program of a mix of lanes.
  public func program(_ mix: [Int]) -> Program {
    var settings = ProgramSettings()
    settings.cpus = cpus
    settings.faults = faults
    settings.revision = revision
    settings.boundary = 64
    // What one CPU frees fits in one magazine, so that nothing is stored in a depot.
    while settings.magazineCapacity ?? 1 < commands {
      settings.magazineCapacity = 2 * (settings.magazineCapacity ?? 1) + 1
    }
    var next = 0
    var program: [Command] = []
    for (index, lane) in mix.enumerated() {
      var live: [Handle] = []
      for kind in lanes[lane] {
        let action: Command.Action
        switch kind {
        case .allocate:
          live.append(Handle(next))
          next += 1
          action =
            usesCache
            ? .allocateFast(live[live.count - 1], pages: 1, limit: PFN(63), flush: false)
            : .allocate(live[live.count - 1], pages: 1, limit: PFN(63), aligned: false)
        case .free:
          let handle = live.removeLast()
          action = usesCache ? .freeFast(handle) : .free(handle)
        case .flush: action = usesCache ? .flushCaches(CPU(index)) : .flushDepots
        }
        program.append(Command(action, on: CPU(index)))
      }
    }
    return Program(settings, program)
  }
}
