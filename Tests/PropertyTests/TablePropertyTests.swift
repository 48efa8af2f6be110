import Generators
import IOVA
import Invariants
import Testing

/// One call on a page table, of few enough addresses that calls meet.
enum TableCommand: Equatable, Sendable {
  case map(UInt64, to: UInt64, BlockSize, Protection)
  case unmap(UInt64, BlockSize)
  /// No table can be had until the next command but one.
  case starvedMap(UInt64, BlockSize)

  /// Blocks in the first 32 MiB, near the ends of tables and groups.
  static let any = Generator<TableCommand> { source in
    source.openSpan("command")
    defer { source.closeSpan() }
    let kind = source.choose(below: 8)
    let size = BlockSize(rawValue: UInt8(source.choose(below: 4)))!
    let mebibyte = try source.draw(.element(of: [0, 1, 2, 15, 16, 17, 31] as [UInt64]))
    let page = try source.draw(.element(of: [0, 1, 15, 16, 17, 31, 32, 255] as [UInt64]))
    let iova = (mebibyte << 20 | page << 12) & ~(size.bytes - 1)
    if kind >= 4 {
      return kind == 7 && size.level == .second ? .starvedMap(iova, size) : .unmap(iova, size)
    }
    let output = source.choose(below: 64) << 24 | source.choose(below: 16) << 20
    let low = source.choose(below: 256) << 12
    let protection = Protection(rawValue: UInt8(3 ^ source.choose(below: 64)))
    return .map(iova, to: (output | low) & ~(size.bytes - 1), size, protection)
  }
}

extension ExampleTable {
  func run(_ command: TableCommand) {
    switch command {
    case .map(let iova, let output, let size, let protection):
      map(iova, to: output, size, protection)
    case .unmap(let iova, let size): unmap(iova, size)
    case .starvedMap(let iova, let size):
      machine.memory.starve(CPU(0))
      map(iova, to: 0, size)
      machine.memory.feed(CPU(0))
    }
  }
}

@Suite struct `Any calls on a page table` {
  static let settings: [(name: String, configuration: TableConfiguration)] = {
    var fragments = TableConfiguration.under(.linux6_1)
    fragments.strategy = .fragments
    var pool = TableConfiguration.incoherent
    pool.strategy = .pool
    pool.revision = .linux6_12
    var extended = TableConfiguration.extended
    extended.quirks.formUnion([.extendedTables, .nonSecure])
    return [
      ("current", TableConfiguration()), ("linux-6.12", .under(.linux6_12)),
      ("linux-7.2", .under(.linux7_2)), ("fragments of linux-6.1", fragments),
      ("a pool and a walker that is not coherent", pool), ("extended", extended),
    ]
  }()

  @Test(arguments: settings.indices)
  func `are answered as the model says, and every walk finds it`(index: Int) throws {
    let (name, configuration) = Self.settings[index]
    try check("tables agree with the model: \(name)", configuration)
  }

  /// Draws programs and runs them on a table and the model, until they disagree or a law breaks.
  @discardableResult
  private func check(
    _ name: String, _ configuration: TableConfiguration,
    _ settings: PropertySettings = PropertySettings(cases: 80)
  ) throws -> PropertyReport {
    try Property(name, folder: nil, settings: settings)
      .check(.arrays(of: TableCommand.any, count: 0...24)) { commands, trial in
        let example = try ExampleTable(configuration)
        for command in commands { example.run(command) }
        for iova in stride(from: 0 as UInt64, to: 32 << 20, by: 0x1_F000) {
          example.translate(iova + 0xABC)
        }
        trial.sometimes("a table was unlinked", example.isUnlinkedEver)
        let hasFailed = example.table.tables.counts.failures > 0
        trial.sometimes("a table could not be had", hasFailed || configuration.strategy == .pool)
        let problem = example.problem(afterTeardown: false) ?? example.problem(afterTeardown: true)
        try trial.expect(problem == nil, problem ?? "")
      }
  }

  @Test(
    arguments: [
      (.p16, "[map(0, to: 0, 64K, rw)]"), (.p01, "[map(0, to: 0, 4K, rw)]"),
      (.p04, "[map(0, to: 0, 4K, rw)]"), (.p13, "[map(0, to: 0, 4K, rw), map(0, to: 0, 1M, rw)]"),
      (.p15, "[map(0, to: 0, 1M, rw), map(0, to: 0, 4K, rw)]"), (.p05, "[starvedMap(0, 4K)]"),
    ] as [(Fault, String)])
  func `with a fault shrink to its shortest program`(fault: Fault, minimum: String) throws {
    do {
      let settings = PropertySettings(seed: Seed(1), cases: 3000)
      try check("\(fault)", .with(fault), settings)
      Issue.record("\(fault.name) was not found")
    } catch let failure as Counterexample {
      #expect(failure.values.map(\.text) == [minimum])
    }
  }
}

extension ExampleTable {
  /// What is wrong now, or once the table is gone.
  fileprivate func problem(afterTeardown: Bool) -> String? {
    if afterTeardown {
      table.teardown(on: CPU(0))
      if physical.pagesTaken != 0 { return "\(physical.pagesTaken) pages leak" }
    }
    return difference ?? violations.first.map { "\($0.law.name): \($0.evidence)" }
      ?? log.oopsesSeen.first?.rawValue
  }

  fileprivate var isUnlinkedEver: Bool {
    log.history.events.contains { if case .unlinked = $0 { true } else { false } }
  }
}

extension TableCommand: CustomStringConvertible {
  var description: String {
    switch self {
    case .map(let iova, let output, let size, let protection):
      "map(\(iova), to: \(output), \(size), \(protection))"
    case .unmap(let iova, let size): "unmap(\(iova), \(size))"
    case .starvedMap(let iova, let size): "starvedMap(\(iova), \(size))"
    }
  }
}
