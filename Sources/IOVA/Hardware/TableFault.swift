/// A historical bug of page tables, or a mutant, that can be switched on: one small branch where it
/// applies.
public enum TableFault: UInt8, CaseIterable, Sendable, Hashable {
  /// Tables come from any zone, and an address above 4 GiB is cut off unnoticed.
  case p01
  /// Tables come from any zone; an address above 4 GiB is noticed and refused.
  case p01b
  /// Tables are slices of chunks, which are not reused before the whole chunk is free.
  case p02
  /// An empty pool grows, which sleeps, even where that is forbidden.
  case p03
  /// Tables come from the general allocator, which does not align them when debugging.
  case p04
  /// A table that could not be allocated is used and given back before that is noticed.
  case p05
  /// A new table is stored into the first level rather than exchanged for an empty entry.
  case p09
  /// The CPU that loses the exchange keeps the table it made.
  case p10
  /// Entries are cleaned for coherent walkers only.
  case p11
  /// A table is given back before partial walks are dropped.
  case p13
  /// A block of the first level is used as if it were a table.
  case p15
  /// A contiguous group is written with one descriptor too few.
  case p16
  /// Output address bits above 32 are written, but not read back.
  case p17
  /// A part of a contiguous group is cleared in a release that does not split.
  case tornGroup
  /// When a part of a block is unmapped, the rest is unmapped as well.
  case lostRest

  /// The name in the catalogue: `P01`.
  public var name: String {
    let name = String(describing: self)
    return name.prefix(1).uppercased() + name.dropFirst()
  }

  /// What is wrong, in one line.
  public var summary: String {
    switch self {
    case .p01: "tables lie above 4 GiB, and their addresses are cut off unnoticed"
    case .p01b: "tables lie above 4 GiB, and are refused"
    case .p02: "a freed table's memory is not reused before its whole chunk is free"
    case .p03: "a pool of tables grows, which sleeps, in atomic context"
    case .p04: "with slab debugging tables are not aligned"
    case .p05: "a table that could not be allocated is used before that is checked"
    case .p09: "a new table is stored rather than exchanged: of two CPUs one loses its mapping"
    case .p10: "the CPU that loses the exchange leaks its table"
    case .p11: "entries are cleaned for coherent walkers only"
    case .p13: "a table is released before partial walks are invalidated"
    case .p15: "a block of the first level is used as a table"
    case .p16: "a contiguous group gets 15 descriptors"
    case .p17: "iova-to-phys loses output address bits 32 to 34"
    case .tornGroup: "a page of a 64K block is cleared, and the rest stays a block of 15"
    case .lostRest: "unmapping a part of a block unmaps the whole block"
    }
  }

  /// Adds the settings that this bug needs, where today's differ.
  func restoreSetting(of configuration: inout TableConfiguration) {
    switch self {
    case .p02: configuration.strategy = .fragments
    case .p03: configuration.strategy = .growingPool
    case .p04:
      configuration.strategy = .general
      configuration.debugsSlabs = true
    default: break
    }
  }

  /// Whether CPUs or walkers use memory as a table that is none, and whatever was left there.
  var leadsAstray: Bool { self == .p01 || self == .p04 || self == .p15 }

  public static func named(_ name: String) -> TableFault? {
    allCases.first { $0.name == name }
  }
}

/// The faults of page tables that are switched on.
public struct TableFaultSet: Hashable, Sendable {
  private var bits: UInt32 = 0

  public init(_ faults: [TableFault] = []) {
    for fault in faults { bits |= 1 << UInt32(fault.rawValue) }
  }

  public static let none = TableFaultSet()

  @inline(__always)
  public func contains(_ fault: TableFault) -> Bool {
    bits != 0 && bits & 1 << UInt32(fault.rawValue) != 0
  }

  public var isEmpty: Bool { bits == 0 }

  /// In the order of their declaration.
  public var faults: [TableFault] { TableFault.allCases.filter { contains($0) } }
}
