import IOVA

/// What a program runs on: the domain's settings, possibly at a small scale.
public struct ProgramSettings: Hashable, Sendable {
  public var revision = Revision.current
  public var faults = FaultSet.none
  public var cpus = 1
  public var start = PFN(1)
  /// The first pfn that counts as above the 32-bit space.
  public var boundary: UInt64 = 16
  /// Entries of a magazine; nil for the revision's own number.
  public var magazineCapacity: Int?
  /// The bound of bounded depots.
  public var depotBound = 32
  /// Requests for memory granted while the domain is made, before all others fail; nil to grant
  /// all.
  public var initialCredit: Int?
  /// The one request for memory that fails, counted from 1 since the domain is made.
  public var refusedRequest: Int?
  /// Whether the domain is torn down while a worker is due, instead of being emptied first.
  public var endsBusy = false
  /// How invalidations are deferred; nil if they are not.
  public var flushQueue: FlushOptions?
  /// Whether they are deferred from the start.
  public var defersFromStart = true

  /// The IOMMU and the devices behind it; nil if there are none.
  public var dma: DMASettings?

  public init() {}

  /// The same without the faults, but with the settings that they need: what must be lawful if the
  /// faults are to blame.
  public var withoutFaults: ProgramSettings {
    var settings = self
    settings.revision = configuration.faultSetting
    settings.faults = .none
    return settings
  }

  /// The configuration of the domain.
  public var configuration: DomainConfiguration {
    var configuration = DomainConfiguration()
    configuration.start = start
    configuration.boundary = boundary
    configuration.revision = revision
    if let magazineCapacity { configuration.revision.cache.magazineCapacity = magazineCapacity }
    if case .bounded = revision.cache.depot {
      configuration.revision.cache.depot = .bounded(depotBound)
    }
    configuration.faults = faults
    configuration.faultyDepotBound = depotBound
    configuration.flushQueue = flushQueue
    configuration.defersFromStart = defersFromStart
    configuration.dma = dma?.configuration
    return configuration
  }
}

/// A list of commands, each on a CPU: the value that is generated, run, shrunk, printed and saved.
///
/// Run in order, it is a sequential program; on real threads each CPU runs its own commands, in
/// their order.
public struct Program: Hashable, Sendable {
  /// The most commands that one program may have.
  public static let maxCommands = 1 << 16

  public var settings: ProgramSettings
  public var commands: [Command]
  /// All handles have lower numbers.
  public var handleCount: Int
  /// How many commands run in order before the CPUs start; reservations always do.
  public var inOrder = 0

  public init(_ settings: ProgramSettings = ProgramSettings(), _ commands: [Command] = []) {
    self.settings = settings
    self.commands = commands
    handleCount = commands.reduce(0) { most, command in
      command.handles.reduce(most) { max($0, $1.number + 1) }
    }
  }

  init(_ settings: ProgramSettings, _ commands: [Command], handleCount: Int) {
    self.settings = settings
    self.commands = commands
    self.handleCount = handleCount
  }

  /// The same program with its handles numbered in the order of the commands that remain.
  public var renumbered: Program {
    var names = Array(repeating: Handle?.none, count: handleCount)
    var count = 0
    func name(_ handle: Handle) -> Handle {
      let missing = handle.number + 1 - names.count
      if missing > 0 { names += Array(repeating: nil, count: missing) }
      if let name = names[handle.number] { return name }
      defer { count += 1 }
      names[handle.number] = Handle(count)
      return Handle(count)
    }
    var program = Program(settings, commands.map { $0.renamed(name) })
    program.inOrder = inOrder
    return program
  }

  /// How many commands run before the CPUs start.
  public var prefixCount: Int {
    max(min(inOrder, commands.count), commands.prefix { $0.isReservation }.count)
  }

  /// Whether several CPUs may free the same range.
  public var sharesFrees: Bool {
    commands.contains { if case .freeShared = $0.action { true } else { false } }
  }

  /// Whether a range that several CPUs may free can't be allocated again in between, which would
  /// look as if it had never been freed.
  public var sharesLawfully: Bool {
    var isShared = false
    var allocates = false
    for command in commands.dropFirst(prefixCount) {
      if case .freeShared = command.action { isShared = true }
      if !command.results.isEmpty { allocates = true }
    }
    return !isShared || !allocates
  }

  /// The handles that commands use but none defines, each once; commands that use them are skipped.
  var unmadeHandles: [Handle] {
    let made = Set(commands.flatMap(\.results))
    return Set(commands.flatMap(\.handles)).subtracting(made).sorted { $0.number < $1.number }
  }

  /// How many CPUs have commands to run.
  public var busyCPUs: Int { Set(commands.map(\.cpu)).count }
}
