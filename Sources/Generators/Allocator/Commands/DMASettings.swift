import IOVA

/// The IOMMU of a program's domain, and its devices, possibly at a small scale.
public struct DMASettings: Hashable, Sendable {
  /// Bits of a device address: 21 to 32.
  public var inputBits = 24
  public var strategy = TableMemory.Strategy.slab
  public var isCoherent = true
  /// Whether the walker sees stores late.
  public var isBuffered = false
  /// Whether buffers lie above 4 GiB, which needs the extended output.
  public var isExtended = false
  /// Whether tables may lie above 4 GiB as well; only if buffers do.
  public var hasHighTables = false
  /// Whether slabs have red zones around their objects, which only a cache of their own keeps
  /// aligned then.
  public var debugsSlabs = false
  /// Whether the kernel calls its memory below 4 GiB ZONE_DMA.
  public var hasDMAZone = false
  /// Whether devices are attached by commands.
  public var attachesLate = false
  /// The most pages that a hypervisor copies for the devices; nil if they are not a guest's.
  public var shadow: Int?
  public var devices: [DMADevice] = [DMADevice()]

  public init() {}

  /// The fewest bits of a device address.
  static let leastInputBits = 21

  /// The most devices of a program.
  static let mostDevices = 4

  /// The most pages of one buffer.
  static let mostPages: UInt64 = 1 << 12

  /// The most resources of a hypervisor.
  private static let mostShadowed: UInt64 = 1 << 20

  var configuration: DMAConfiguration {
    var configuration = DMAConfiguration()
    configuration.table.inputBits = inputBits
    configuration.table.strategy = strategy
    configuration.table.isCoherent = isCoherent
    configuration.table.buffersStores = isBuffered
    if isExtended {
      configuration.table.quirks = [.extendedOutput, .noPermissions]
      configuration.table.outputBits = 33
      if hasHighTables { configuration.table.quirks.insert(.extendedTables) }
    }
    configuration.table.debugsSlabs = debugsSlabs
    configuration.table.hasDMAZone = hasDMAZone
    configuration.shadow = shadow
    configuration.devices = devices
    configuration.attachesLate = attachesLate
    return configuration
  }

  /// Where the buffer of a handle lies: at a multiple of 4 MiB, or a page beyond it.
  func buffer(of handle: Handle, shifted: Bool) -> PhysicalAddress {
    let base: UInt64 = isExtended ? 1 << 32 : 1 << 31
    let number = UInt64(handle.number % 256)
    return PhysicalAddress(base + (number << 22) + (shifted ? 4096 : 0))
  }

  // MARK: As text

  private static let strategies: [(name: String, strategy: TableMemory.Strategy)] = [
    ("slab", .slab), ("general", .general), ("pool", .pool), ("growing", .growingPool),
    ("fragments", .fragments),
    ("pages", .pages),
  ]
  private static let views: [(name: String, isCoherent: Bool, isBuffered: Bool)] = [
    ("coherent", true, false), ("cleaned", false, false), ("buffered", true, true),
  ]
  private static var flags: [(name: String, path: WritableKeyPath<DMASettings, Bool>)] {
    [
      ("extended", \.isExtended), ("high", \.hasHighTables), ("debug", \.debugsSlabs),
      ("dmazone", \.hasDMAZone),
      ("late", \.attachesLate),
    ]
  }
  private static var deviceFlags: [(name: String, path: WritableKeyPath<DMADevice, Bool>)] {
    [("pci", \.isPCI), ("wide", \.forcesWideAddresses), ("ism", \.isISM)]
  }

  /// Such as `24 slab coherent shadow 8; 0x3f pci; 0x1f+2048/0xf; default ism`, where the second
  /// device reaches 2,048 bytes beyond page 0x1f, and of coherent memory page 0xf.
  var text: String {
    let view = Self.views.first { $0.isCoherent == isCoherent && $0.isBuffered == isBuffered }
    var words = [
      "\(inputBits)", Self.strategies.first { $0.strategy == strategy }?.name ?? "",
      view?.name ?? "",
    ]
    words += Self.flags.filter { self[keyPath: $0.path] }.map(\.name)
    if let shadow { words += ["shadow", "\(shadow)"] }
    return ([words.joined(separator: " ")] + devices.map(Self.text)).joined(separator: "; ")
  }

  private static func text(of device: DMADevice) -> String {
    let flags = deviceFlags.filter { device[keyPath: $0.path] }.map(\.name)
    let mask = device.mask.map { "\($0)" + (device.part > 0 ? "+\(device.part)" : "") }
    let coherent = device.coherentMask.map { "/\($0)" } ?? ""
    return ([(mask ?? "default") + coherent] + flags).joined(separator: " ")
  }

  /// The settings that a text describes; nil if it describes none.
  init?(_ text: some StringProtocol) {
    let parts = Substring(text).components(separatedBy: "; ")
    var words = parts[0].split(separator: " ")[...]
    guard let bits = words.popFirst().flatMap(ProgramCaseReader.number), (21...32).contains(bits),
      let name = words.popFirst(),
      let strategy = Self.strategies.first(where: { $0.name == name })?.strategy,
      let viewName = words.popFirst(), let view = Self.views.first(where: { $0.name == viewName })
    else { return nil }
    inputBits = Int(bits)
    self.strategy = strategy
    (isCoherent, isBuffered) = (view.isCoherent, view.isBuffered)
    for flag in Self.flags { self[keyPath: flag.path] = words.popFirst(flag.name) }
    if words.popFirst("shadow") {
      guard let limit = words.popFirst().flatMap(ProgramCaseReader.number),
        limit <= Self.mostShadowed
      else { return nil }
      shadow = Int(limit)
    }
    guard words.isEmpty else { return nil }
    devices = parts.dropFirst().compactMap(Self.device)
    guard devices.count == parts.count - 1, (1...Self.mostDevices).contains(devices.count) else {
      return nil
    }
  }

  private static func device(_ text: Substring) -> DMADevice? {
    var words = text.split(separator: " ")[...]
    guard let masks = words.popFirst()?.split(separator: "/", omittingEmptySubsequences: false),
      masks.count <= 2
    else { return nil }
    let mask = masks[0]
    var device = DMADevice()
    if masks.count == 2 {
      guard let coherent = ProgramCaseReader.number(masks[1]), coherent <= Command.mostMask else {
        return nil
      }
      device.coherentMask = PFN(coherent)
    }
    if mask != "default" {
      let ends = mask.split(separator: "+", omittingEmptySubsequences: false)
      let numbers = ends.compactMap(ProgramCaseReader.number)
      guard numbers.count == ends.count, ends.count <= 2, numbers[0] <= Command.mostMask,
        ends.count == 1 || (1..<BlockSize.small.bytes).contains(numbers[1])
      else { return nil }
      device.mask = PFN(numbers[0])
      device.part = ends.count == 2 ? numbers[1] : 0
    }
    for flag in deviceFlags { device[keyPath: flag.path] = words.popFirst(flag.name) }
    return words.isEmpty ? device : nil
  }

  /// Texts with the extreme values of each setting.
  static var examples: [String] {
    let heads = strategies.flatMap { strategy in
      views.flatMap { view in
        [21, 32].map { "\($0) \(strategy.name) \(view.name)" }
      }
    }
    let tails = [
      "", " extended", " late shadow 0", " extended high debug dmazone",
      " extended late shadow \(mostShadowed)",
    ]
    let highest = "\(PFN(Command.mostMask))"
    let devices = ["default", "0x0/0x0 pci wide ism", "\(highest)+4095/\(highest) ism"]
    let all = Array(repeating: devices[1], count: mostDevices).joined(separator: "; ")
    return heads.flatMap { head in
      tails.flatMap { tail in (devices + [all]).map { "\(head)\(tail); \($0)" } }
    }
  }
}

extension ArraySlice<Substring> {
  /// Removes the first word if it equals `word`; returns whether it did.
  fileprivate mutating func popFirst(_ word: String) -> Bool {
    guard let first, first == word else { return false }
    removeFirst()
    return true
  }
}
