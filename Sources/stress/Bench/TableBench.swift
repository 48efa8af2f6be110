import Generators
import IOVA

/// The cost of page tables: single pages at random addresses, runs of pages, translations.
///
/// One CPU, all pages of 4 KiB, in a window of 256 MiB whose second-level tables exist, as for a
/// driver that has warmed up.
enum TableBench {
  /// The number of runs whose median is reported; odd.
  private static let runs = 5
  private static let operations = 1 << 20
  private static let batch = 4096
  private static let window: UInt64 = 256 << 20

  static func run() -> [String] {
    var lines: [String] = []
    for coherent in [true, false] {
      let walker = coherent ? "" : ", walker not coherent"
      lines.append(row("map and unmap, each" + walker, bar: 60) { singles(coherent) })
      lines.append(
        row("map and unmap in batches of 4,096, a page" + walker, bar: 34) {
          batches(coherent)
        })
    }
    lines.append(row("translate", bar: 40) { translations(walks: false) })
    lines.append(row("walk as the hardware does", bar: nil) { translations(walks: true) })
    for recycles in [false, true] {
      let name = recycles ? "make a table in recycled RAM" : "make RAM and a table"
      lines.append(row(name + ", map a page, tear down", bar: nil) { lifetimes(recycles) })
    }
    for strategy: TableMemory.Strategy in [.slab, .pool, .fragments] {
      lines.append("tables: 64 tables from \(strategy): \(heldKibibytes(strategy)) KiB")
    }
    return lines
  }

  private static func row(_ name: String, bar: Double?, _ measure: () -> Double?) -> String {
    var times: [Double] = []
    for _ in 0..<runs { times += measure().map { [$0] } ?? [] }
    guard times.count == runs else { return "tables: \(name): no memory" }
    let median = times.sorted()[runs / 2]
    let limit = bar.map { " (at most \(BenchResult.rounded($0, digits: 0)))" } ?? ""
    return "tables: \(name): \(BenchResult.rounded(median, digits: 1)) ns\(limit)"
  }

  /// A table with a second level for the whole window, and nothing mapped.
  private static func warmTable(_ coherent: Bool) -> PageTable? {
    var configuration = TableConfiguration()
    configuration.isCoherent = coherent
    let machine = Machine(cpus: 1, clock: .virtual)
    guard let table = try? PageTable(configuration, in: PhysicalMemory(), on: machine) else {
      return nil
    }
    var gather = UnmapGather()
    for iova in stride(from: 0, to: window, by: 1 << 20) {
      let address = DMAAddress(iova)
      _ = table.map(address, to: PhysicalAddress(0), .small, .readWrite, on: CPU(0))
      _ = table.unmap(address, .small, into: &gather, on: CPU(0))
    }
    return table
  }

  /// Random addresses, every page of the window being equally likely.
  private static func addresses(_ count: Int) -> [DMAAddress] {
    var random = SplitMix64(state: 3003)
    return (0..<count).map { _ in DMAAddress((random.next() % (window >> 12)) << 12) }
  }

  /// Each page is unmapped 64 calls after it was mapped, as if by a device with a short queue.
  private static func singles(_ coherent: Bool) -> Double? {
    guard let table = warmTable(coherent) else { return nil }
    let pages = addresses(operations)
    let (delay, cpu) = (64, CPU(0))
    var gather = UnmapGather(.deferred)
    var bytes: UInt64 = 0
    let clock = ContinuousClock()
    let begin = clock.now
    for index in pages.indices {
      let output = PhysicalAddress(pages[index].raw + (1 << 31))
      bytes &+= table.map(pages[index], to: output, .small, .readWrite, on: cpu).bytes
      if index >= delay {
        bytes &+= table.unmap(pages[index - delay], .small, into: &gather, on: cpu)
      }
    }
    let elapsed = clock.now - begin
    table.teardown(on: cpu)
    // A page that is drawn twice within the queue's length is refused once.
    guard bytes >> 12 > UInt64(2 * operations * 99 / 100) else { return nil }
    return elapsed / .nanoseconds(1) / Double(2 * operations - delay)
  }

  private static func batches(_ coherent: Bool) -> Double? {
    guard let table = warmTable(coherent) else { return nil }
    let rounds = operations / batch
    let cpu = CPU(0)
    var gather = UnmapGather()
    var bytes: UInt64 = 0
    let clock = ContinuousClock()
    let begin = clock.now
    for round in 0..<rounds {
      let iova = DMAAddress((UInt64(round % 16) * UInt64(batch)) << 12)
      let output = PhysicalAddress(iova.raw + (1 << 31))
      bytes &+=
        table.map(iova, to: output, .small, count: batch, .readWrite, on: cpu).bytes
      bytes &+= table.unmap(iova, .small, count: batch, into: &gather, on: cpu)
    }
    let elapsed = clock.now - begin
    table.teardown(on: cpu)
    guard bytes >> 12 == UInt64(2 * rounds * batch) else { return nil }
    return elapsed / .nanoseconds(1) / Double(2 * rounds * batch)
  }

  private static func translations(walks: Bool) -> Double? {
    guard let table = warmTable(true) else { return nil }
    let cpu = CPU(0)
    let all = table.map(
      DMAAddress(0), to: PhysicalAddress(1 << 31), .small, count: Int(window >> 12), .readWrite,
      on: cpu)
    let pages = addresses(operations)
    let walker = TableWalker(table)
    var sum: UInt64 = 0
    let clock = ContinuousClock()
    let begin = clock.now
    if walks {
      for page in pages { sum &+= walker.translate(page)?.raw ?? 0 }
    } else {
      for page in pages { sum &+= table.translate(page)?.raw ?? 0 }
    }
    let elapsed = clock.now - begin
    table.teardown(on: cpu)
    let expected = pages.reduce(0) { $0 &+ $1.raw &+ (1 << 31) }
    guard all.failure == nil, sum == expected else { return nil }
    return elapsed / .nanoseconds(1) / Double(operations)
  }

  /// The overhead before and after a short program.
  private static func lifetimes(_ recycles: Bool) -> Double? {
    let count = 2000
    let machine = Machine(cpus: 1, clock: .virtual)
    var physical = PhysicalMemory()
    let clock = ContinuousClock()
    let begin = clock.now
    for _ in 0..<count {
      if recycles { physical.recycle() } else { physical = PhysicalMemory() }
      guard let table = try? PageTable(TableConfiguration(), in: physical, on: machine) else {
        return nil
      }
      _ = table.map(DMAAddress(0), to: PhysicalAddress(0), .small, .readWrite, on: CPU(0))
      table.teardown(on: CPU(0))
    }
    return (clock.now - begin) / .nanoseconds(1) / Double(count)
  }

  private static func heldKibibytes(_ strategy: TableMemory.Strategy) -> Int {
    var configuration = TableConfiguration()
    configuration.strategy = strategy
    let machine = Machine(cpus: 1, clock: .virtual)
    guard let table = try? PageTable(configuration, in: PhysicalMemory(), on: machine) else {
      return 0
    }
    for index in 0..<64 as Range<UInt64> {
      _ = table.map(
        DMAAddress(index << 20), to: PhysicalAddress(0), .small, .readWrite, on: CPU(0))
    }
    defer { table.teardown(on: CPU(0)) }
    return table.tables.counts.bytesHeld / 1024
  }
}
