import IOVA
import Invariants
import Testing

/// The shortest use of a page table that shows a fault, and what is found then.
struct TableFaultProgram {
  let fault: Fault
  /// The law, or what else is seen from outside.
  let finding: String
  let configuration: TableConfiguration
  private let steps: @Sendable (ExampleTable) -> Void

  /// The faults that a table shows by itself.
  static let all: [Fault] = [
    .p01, .p01b, .p02, .p03, .p04, .p05, .p09, .p10, .p11, .p13, .p15, .p16, .p17, .tornGroup,
    .lostRest,
  ]

  init(_ fault: Fault) {
    self.fault = fault
    var base = TableConfiguration()
    (finding, steps) = TableFaultProgram.program(fault, &base)
    configuration = base
  }

  /// Runs it with or without its fault, in the setting in which the fault lived.
  func findings(faulty: Bool) throws -> Set<String> {
    var configuration = configuration
    if faulty { configuration.faults = FaultSet([fault]) }
    let race = Race(fault == .p09 || fault == .p10)
    let example = try ExampleTable(configuration) { event, cpu in race.observed(event, cpu) }
    race.open(example)
    steps(example)
    var found = Set(example.violations.map(\.law.name))
    found.formUnion(example.log.oopsesSeen.map { _ in "oops" })
    if let difference = example.difference { found.insert(difference) }
    let counts = example.table.tables.counts
    if counts.sleepsInAtomicContext > 0 { found.insert("sleeps in atomic context") }
    if counts.failures == 0, example.log.history.isRefusedForItsAddress { found.insert("refused") }
    if counts.peakBytesHeld > 4096 * race.peakLive { found.insert("memory is not reused") }
    return found
  }

  private static func program(
    _ fault: Fault, _ base: inout TableConfiguration
  ) -> (String, @Sendable (ExampleTable) -> Void) {
    switch fault {
    case .p01: ("tablesAreAccounted", { $0.map(0, to: 0, .small) })
    case .p01b: ("refused", { $0.map(0, to: 0, .small) })
    case .p02:
      (
        "memory is not reused",
        { example in
          for chunk in 0..<8 as Range<UInt64> {
            for table in 0..<32 as Range<UInt64> { example.map(at(chunk, table), to: 0, .small) }
            for table in 1..<32 as Range<UInt64> { example.unmap(at(chunk, table), .section) }
          }
        }
      )
    case .p03: ("sleeps in atomic context", { $0.map(0, to: 0, .small) })
    case .p04: ("tablesAreWellFormed", { $0.map(0, to: 0, .small) })
    case .p05:
      (
        "oops",
        { example in
          example.machine.memory.starve(CPU(0))
          example.map(0, to: 0, .small)
        }
      )
    case .p09, .p10: ("tablesAreWellFormed", { $0.map(0, to: 0, .small) })
    case .p11:
      {
        base.isCoherent = false
        return ("walksAgreeWithTheModel", { $0.map(0, to: 0, .small) })
      }()
    case .p13:
      (
        "tablesOutliveWalks",
        { example in
          example.map(0, to: 0, .small)
          example.unmap(0, .section)
        }
      )
    case .p15:
      (
        "oops",
        { example in
          example.map(0, to: 0x10_0000, .section)
          example.map(0, to: 0, .small)
        }
      )
    default: programOfBlocks(fault, &base)
    }
  }

  /// Of faults that concern blocks, and what they lead to.
  private static func programOfBlocks(
    _ fault: Fault, _ base: inout TableConfiguration
  ) -> (String, @Sendable (ExampleTable) -> Void) {
    switch fault {
    case .p16: ("walksAgreeWithTheModel", { $0.map(0, to: 0, .large) })
    case .tornGroup:
      (
        "tablesAreWellFormed",
        { example in
          example.map(0, to: 0, .large)
          example.unmap(0, .small)
        }
      )
    case .lostRest:
      {
        base.revision = .linux6_12
        return (
          "walksAgreeWithTheModel",
          { example in
            example.map(0, to: 0, .large)
            example.unmap(0, .small)
          }
        )
      }()
    case .p17:
      {
        base.quirks = [.extendedOutput, .noPermissions]
        base.outputBits = 33
        return (
          "translation of 0x0: expected Optional(4294967296), came Optional(0)",
          { example in
            example.map(0, to: 1 << 32, .small)
            example.translate(0)
          }
        )
      }()
    default: preconditionFailure("\(fault) has a program of its own")
    }
  }

  /// Addresses of a table of each chunk.
  private static func at(_ chunk: UInt64, _ table: UInt64) -> UInt64 {
    (32 * chunk + table) << 20
  }
}

/// Lets another CPU map a neighbour at the moment when the first one has made its table, and not
/// yet put it in place; counts tables on the way.
private final class Race: @unchecked Sendable {
  private let isOn: Bool
  private unowned var example: ExampleTable!
  private var live = 0
  private(set) var peakLive = 0

  init(_ isOn: Bool) { self.isOn = isOn }

  func open(_ example: ExampleTable) { self.example = example }

  func observed(_ event: TableEvent, _ cpu: CPU) {
    switch event {
    case .made:
      live += 1
      peakLive = max(peakLive, live)
      if isOn, cpu == CPU(0) { example.map(4096, to: 0x9000_0000, .small, on: 1) }
    case .released: live -= 1
    default: break
    }
  }
}

extension TableHistory {
  /// Whether a table was given back right after it was made, and nobody was quicker.
  fileprivate var isRefusedForItsAddress: Bool {
    zip(events, events.dropFirst()).contains { first, second in
      if case .made(let table) = first { second == .released(table) } else { false }
    }
  }
}

@Suite struct `A fault of page tables` {
  @Test(arguments: TableFaultProgram.all)
  func `is seen in its shortest program`(fault: Fault) throws {
    let program = TableFaultProgram(fault)
    let found = try program.findings(faulty: true)
    #expect(found.contains(program.finding), "\(found.sorted())")
  }

  @Test(arguments: TableFaultProgram.all)
  func `is to blame, since nothing is found without it`(fault: Fault) throws {
    #expect(try TableFaultProgram(fault).findings(faulty: false) == [])
  }

  @Test func `that uses a block as a table writes over the memory it maps`() throws {
    let example = try ExampleTable(.with(.p15))
    // The block leads to the very table: a driver's buffer beside it would do as well.
    let victim = example.table.root.raw & ~0xF_FFFF
    example.map(0, to: victim, .section)
    example.map(0x8000, to: 0x5000_0000, .small)
    #expect(example.log.oopsesSeen == [])
    #expect(example.violations.map(\.law.name).contains("walksAgreeWithTheModel"))
  }
}
