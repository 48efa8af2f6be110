import IOVA

/// The IOMMU of a program's domain, and its devices, at a scale that may be small.
public struct DMASettings: Hashable, Sendable {
  /// Bits of a device address: 21 to 32.
  public var inputBits = 24
  public var strategy = TableMemory.Strategy.slab
  public var isCoherent = true
  /// Whether the walker sees stores late.
  public var isBuffered = false
  /// Whether buffers lie above 4 GiB, which needs the extended output.
  public var isExtended = false
  /// Whether devices are attached by commands.
  public var attachesLate = false
  public var devices: [DMADevice] = [DMADevice()]

  public init() {}

  /// The most devices of a program.
  static let mostDevices = 4

  /// The most pages of one buffer.
  static let mostPages: UInt64 = 1 << 12

  var configuration: DMAConfiguration {
    var configuration = DMAConfiguration()
    configuration.table.inputBits = inputBits
    configuration.table.strategy = strategy
    configuration.table.isCoherent = isCoherent
    configuration.table.buffersStores = isBuffered
    if isExtended {
      configuration.table.quirks = [.extendedOutput, .noPermissions]
      configuration.table.outputBits = 33
    }
    configuration.devices = devices
    configuration.attachesLate = attachesLate
    return configuration
  }

  /// Where the buffer of a handle lies: at a multiple of 4 MiB, or a page beside it.
  func buffer(of handle: Handle, shifted: Bool) -> PhysicalAddress {
    let base: UInt64 = isExtended ? 1 << 32 : 1 << 31
    let number = UInt64(handle.number % 256)
    return PhysicalAddress(base + (number << 22) + (shifted ? 4096 : 0))
  }

  // MARK: As text

  private static let strategies: [(name: String, strategy: TableMemory.Strategy)] = [
    ("slab", .slab), ("pool", .pool), ("fragments", .fragments),
  ]

  /// Such as `24 slab coherent; 0x3f pci; default`.
  var text: String {
    let name = Self.strategies.first { $0.strategy == strategy }?.name ?? "slab"
    let view = isBuffered ? "buffered" : isCoherent ? "coherent" : "cleaned"
    let table = "\(inputBits) \(name) \(view)"
    let parts =
      [table + (isExtended ? " extended" : "") + (attachesLate ? " late" : "")]
      + devices.map { device in
        (device.mask.map { "\($0)" } ?? "default") + (device.isPCI ? " pci" : "")
          + (device.forcesWideAddresses ? " wide" : "")
      }
    return parts.joined(separator: "; ")
  }

  /// The settings that a text describes; nil if it describes none.
  init?(_ text: Substring) {
    let parts = text.components(separatedBy: "; ")
    var words = parts[0].split(separator: " ")[...]
    guard let bits = words.popFirst().flatMap(ProgramCaseReader.number), (21...32).contains(bits),
      let name = words.popFirst(),
      let strategy = Self.strategies.first(where: { $0.name == name })?.strategy,
      let view = words.popFirst(), ["coherent", "cleaned", "buffered"].contains(view),
      [[], ["extended"], ["late"], ["extended", "late"]].contains(words.map(String.init))
    else { return nil }
    inputBits = Int(bits)
    self.strategy = strategy
    isCoherent = view != "cleaned"
    isBuffered = view == "buffered"
    isExtended = words.first == "extended"
    attachesLate = words.last == "late"
    devices = parts.dropFirst().compactMap(Self.device)
    guard devices.count == parts.count - 1, (1...Self.mostDevices).contains(devices.count) else {
      return nil
    }
  }

  private static func device(_ text: Substring) -> DMADevice? {
    var words = text.split(separator: " ")[...]
    guard let mask = words.popFirst() else { return nil }
    var device = DMADevice(isPCI: false)
    if mask != "default" {
      guard let pfn = ProgramCaseReader.number(mask), pfn < 1 << 40 else { return nil }
      device.mask = PFN(pfn)
    }
    if words.first == "pci" {
      device.isPCI = true
      words.removeFirst()
    }
    if words.first == "wide" {
      device.forcesWideAddresses = true
      words.removeFirst()
    }
    return words.isEmpty ? device : nil
  }
}

extension Protection {
  /// The protection that a text describes, as `description` writes it: access alone.
  init?(access text: Substring) {
    switch text {
    case "rw": self = .readWrite
    case "r": self = .read
    case "w": self = .write
    case "none": self = []
    default: return nil
    }
  }
}
