import IOVA
import Testing

@Suite struct `When memory fails` {
  /// A pair of magazines for each of two CPUs and six classes.
  private static let magazinesOfTwoCPUs: UInt64 = 24

  @Test(arguments: 0..<magazinesOfTwoCPUs)
  func `a domain that lacks a magazine is refused`(credit: UInt64) {
    #expect(throws: OutOfMemory.self) { try ExampleDomain(cpus: 2, credit: credit) }
  }

  @Test func `a domain that got all its magazines is made`() throws {
    let example = try ExampleDomain(cpus: 2, credit: Self.magazinesOfTwoCPUs)
    #expect(example.domain.counters.magazinesLive == 24)
    #expect(example.teardown().isEmpty)
  }

  @Test(arguments: 0..<magazinesOfTwoCPUs)
  func `up to 5_17 a domain that lacks magazines is made, and leaks nothing`(
    credit: UInt64
  ) throws {
    let example = try ExampleDomain(cpus: 2, .linux5_10, credit: credit)
    #expect(example.domain.counters.magazinesLive == Int(credit))
    #expect(example.teardown().isEmpty)
  }

  @Test(arguments: Revision.all.map(\.name))
  func `nothing leaks, whichever request fails`(name: String) throws {
    let revision = try #require(Revision.named(name))
    // More than the requests of the whole program, so that the last one runs without a failure.
    for credit in 0..<48 as Range<UInt64> {
      let example = try ExampleDomain(cpus: 2, revision, bound: name == "linux-6.1" ? 1 : nil)
      example.machine.memory.starve(CPU(0), after: credit)
      let ranges = (0..<20).map { _ in example.allocate() }
      for range in ranges { example.free(range) }
      let whole = example.domain.allocate(
        8, below: AddressLimit(PFN(15)), aligned: true, on: CPU(0))
      if let whole {
        // At 8, but where a release raises limits.
        let lo = whole.lo.raw
        let isSplit = example.domain.splitAndRemove(PFNRange(PFN(lo + 2), pages: 2), on: CPU(0))
        #expect(
          example.domain.find(PFN(lo), on: CPU(0))
            == (isSplit ? PFNRange(PFN(lo), pages: 2) : whole))
      }
      _ = example.domain.reserve(PFNRange(PFN(2), pages: 2), on: CPU(0))
      let snapshot = example.domain.snapshot()
      let parked = snapshot.caches.reduce(0) {
        $0 + ($1.loaded?.count ?? 0) + ($1.previous?.count ?? 0)
      }
      let stored = snapshot.depots.reduce(0) { $0 + $1.magazines.joined().count }
      let live = snapshot.tree.nodes.count {
        $0.range.lo.raw < 16 || whole?.contains($0.range.lo) == true
      }
      #expect(snapshot.tree.search.count == parked + stored + live, "credit \(credit)")
      #expect(example.teardown().isEmpty, "credit \(credit)")
    }
  }

  @Test func `an allocation from the tree fails, and changes nothing`() throws {
    let example = try ExampleDomain()
    example.machine.memory.starve(CPU(0))
    #expect(example.allocate(flush: true) == nil)
    #expect(example.rangeCount == 0)
    example.machine.memory.feed(CPU(0))
    #expect(example.allocate() == 1000)
    #expect(example.machine.memory.refusals == 2)
  }

  @Test func `an allocation from the cache succeeds`() throws {
    let example = try ExampleDomain()
    example.park(1)
    example.machine.memory.starve(CPU(0))
    #expect(example.allocate() == 1000)
  }

  @Test func `a range that would need another magazine goes back to the tree`() throws {
    let example = try ExampleDomain()
    let ranges = (0..<5).map { _ in example.allocate() }
    for range in ranges.prefix(4) { example.free(range) }
    example.machine.memory.starve(CPU(0))
    example.free(ranges[4])
    #expect(example.rangeCount == 4)
    #expect(example.domain.counters.cache.refusals == 1)
  }

  @Test func `it fails for one CPU alone`() throws {
    let example = try ExampleDomain(cpus: 2)
    example.machine.memory.starve(CPU(1))
    #expect(example.allocate(on: 1) == nil)
    #expect(example.allocate(on: 0) == 1000)
  }
}

@Suite struct `Teardown` {
  @Test(arguments: Revision.all.map(\.name))
  func `leaves nothing of ranges that are live, cached, in depots and reserved`(
    name: String
  ) throws {
    let example = try ExampleDomain(cpus: 2, try #require(Revision.named(name)))
    #expect(example.domain.reserve(PFNRange(PFN(1), pages: 3), on: CPU(0)))
    example.park(9)
    for _ in 0..<20 { _ = example.allocate(2, on: 1) }
    #expect(example.rangeCount == 30)
    let remains = example.teardown()
    #expect(remains.rangeObjects == 0)
    #expect(remains.magazines == 0)
  }

  @Test func `disarms the trim worker`() throws {
    let example = try ExampleDomain()
    example.park(9)
    #expect(example.machine.hasArmedTimers)
    #expect(example.teardown().isEmpty)
    #expect(!example.machine.hasArmedTimers)
    example.advance(1_000)
  }

  @Test func `happens by itself when nobody holds the domain any more`() throws {
    let machine = Machine(cpus: 1, clock: .virtual)
    var domain: IOVADomain? = try IOVADomain(on: machine)
    #expect(domain != nil)
    domain = nil
    #expect(!machine.hasArmedTimers)
  }

  @Test func `happens once`() async {
    await #expect(processExitsWith: .failure) {
      let domain = try IOVADomain(on: Machine(cpus: 1, clock: .virtual))
      domain.teardown(on: CPU(0))
      domain.teardown(on: CPU(0))
    }
  }

  @Test func `does not flush what is cached back to the tree`() throws {
    let example = try ExampleDomain()
    example.park(9)
    let before = example.domain.counters.tree.frees
    example.teardown()
    #expect(example.domain.counters.tree.frees == before)
  }
}
