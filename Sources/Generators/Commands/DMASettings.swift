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
  /// The most pages that a hypervisor copies for the devices; nil if they are no guest's.
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
    }
    configuration.shadow = shadow
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

  /// Such as `24 slab coherent shadow 8; 0x3f pci; default ism`.
  var text: String {
    let name = Self.strategies.first { $0.strategy == strategy }?.name ?? "slab"
    let view = isBuffered ? "buffered" : isCoherent ? "coherent" : "cleaned"
    let table = "\(inputBits) \(name) \(view)"
    let parts =
      [
        table + (isExtended ? " extended" : "") + (attachesLate ? " late" : "")
          + (shadow.map { " shadow \($0)" } ?? "")
      ]
      + devices.map { device in
        (device.mask.map { "\($0)" } ?? "default") + (device.isPCI ? " pci" : "")
          + (device.forcesWideAddresses ? " wide" : "") + (device.isISM ? " ism" : "")
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
      let view = words.popFirst(), ["coherent", "cleaned", "buffered"].contains(view)
    else { return nil }
    inputBits = Int(bits)
    self.strategy = strategy
    isCoherent = view != "cleaned"
    isBuffered = view == "buffered"
    isExtended = words.popFirst("extended")
    attachesLate = words.popFirst("late")
    if words.popFirst("shadow") {
      guard let limit = words.popFirst().flatMap(ProgramCaseReader.number),
        (1...Self.mostShadowed).contains(limit)
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
    guard let mask = words.popFirst() else { return nil }
    var device = DMADevice(isPCI: false)
    if mask != "default" {
      guard let pfn = ProgramCaseReader.number(mask), pfn < 1 << 40 else { return nil }
      device.mask = PFN(pfn)
    }
    device.isPCI = words.popFirst("pci")
    device.forcesWideAddresses = words.popFirst("wide")
    device.isISM = words.popFirst("ism")
    return words.isEmpty ? device : nil
  }
}

extension ArraySlice<Substring> {
  /// Removes the first word if it is this one; returns whether it was.
  fileprivate mutating func popFirst(_ word: String) -> Bool {
    guard let first, first == word else { return false }
    removeFirst()
    return true
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
