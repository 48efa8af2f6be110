import IOVA
import Testing

@Suite struct `The trim worker` {
  @Test func `takes one magazine every 100 ms, down to the number of online CPUs`() throws {
    let example = try ExampleDomain(cpus: 2)
    // Two in each magazine of the CPU, five magazines in the depot.
    example.park(14)
    #expect(example.depot().count == 5)
    example.advance(99)
    #expect(example.depot().count == 5)
    example.advance(1)
    #expect(example.depot().count == 4)
    example.advance(199)
    #expect(example.depot().count == 3)
    example.advance(1)
    #expect(example.depot().count == 2)
    example.advance(1_000)
    #expect(example.depot().count == 2)
    #expect(!example.machine.hasArmedTimers)
    #expect(example.domain.counters.magazinesTrimmed == 3)
    #expect(example.rangeCount == 14 - 6)
  }

  @Test func `takes the magazine stored last`() throws {
    let example = try ExampleDomain()
    example.park(9)
    #expect(example.depot() == [[994, 993], [996, 995], [998, 997]])
    example.advance(100)
    #expect(example.depot() == [[996, 995], [998, 997]])
  }

  @Test func `is armed once, however many magazines come`() throws {
    let example = try ExampleDomain()
    example.park(5)
    #expect(example.domain.depotSnapshot(0).isTrimPending)
    example.advance(60)
    example.park(9)
    example.advance(40)
    // It ran 100 ms after the first push, not after the last.
    #expect(example.domain.counters.magazinesTrimmed == 1)
  }

  @Test func `runs once in vain when nothing is too much, and is armed by the next push`() throws {
    let example = try ExampleDomain(cpus: 4)
    example.park(5)
    #expect(example.machine.hasArmedTimers)
    example.advance(100)
    #expect(!example.machine.hasArmedTimers)
    #expect(example.depot().count == 1)
    let ranges = (0..<8).map { _ in example.allocate() }
    for range in ranges { example.free(range) }
    #expect(example.machine.hasArmedTimers)
  }

  @Test func `is each class's own`() throws {
    let example = try ExampleDomain()
    let ranges = (0..<9).map { _ in example.allocate(4) }
    for range in ranges { example.free(range, 4) }
    example.park(5)
    example.advance(100)
    #expect(example.depot(2).count == 2)
    #expect(example.depot(0).count == 1)
  }

  @Test func `does not exist where the depot has a bound`() throws {
    let example = try ExampleDomain(.linux6_1)
    example.park(20)
    #expect(!example.machine.hasArmedTimers)
    #expect(example.depot().count == 8)
  }
}

@Suite struct `A depot with a bound` {
  @Test func `returns a full magazine to the tree when it is full`() throws {
    let example = try ExampleDomain(.linux6_1, bound: 2)
    example.park(8)
    #expect(example.depot().count == 2)
    #expect(example.rangeCount == 8)
    let ninth = example.allocate()
    let others = (0..<8).map { _ in example.allocate() }
    for range in others { example.free(range) }
    #expect(example.domain.counters.cache.overflows == 0)
    example.free(ninth)
    #expect(example.domain.counters.cache.overflows == 1)
    #expect(example.depot().count == 2)
    #expect(example.rangeCount == 7)
    #expect(example.domain.counters.magazinesLive == 14)
    #expect(example.teardown().isEmpty)
  }
}

@Suite struct `Unplugging a CPU` {
  @Test func `returns what it cached to the tree`() throws {
    let example = try ExampleDomain(cpus: 2)
    example.park(3, on: 1)
    #expect(example.machine.unplug(CPU(1), on: CPU(0)))
    #expect(example.magazines(of: 1) == [[], []])
    #expect(example.rangeCount == 0)
    #expect(example.machine.onlineCount == 1)
  }

  @Test func `is told to each domain of the machine until that is torn down`() throws {
    let example = try ExampleDomain(cpus: 2)
    var configuration = DomainConfiguration()
    configuration.boundary = 16
    let other = try IOVADomain(on: example.machine, configuration)
    let pfn = other.allocateFast(1, below: AddressLimit(PFN(9)), flush: false, on: CPU(1))
    other.freeFast(try #require(pfn), 1, on: CPU(1))
    #expect(other.searchState.count == 1)
    #expect(example.teardown().isEmpty)
    example.machine.unplug(CPU(1), on: CPU(0))
    #expect(other.searchState.count == 0)
  }

  @Test func `changes nothing the second time, for CPU 0, and for a CPU that is not there`() throws
  {
    let machine = Machine(cpus: 2, clock: .virtual)
    #expect(!machine.unplug(CPU(0), on: CPU(0)))
    #expect(!machine.unplug(CPU(2), on: CPU(0)))
    #expect(machine.unplug(CPU(1), on: CPU(0)))
    #expect(!machine.unplug(CPU(1), on: CPU(0)))
    #expect(!machine.isOnline(CPU(1)))
    #expect(machine.plug(CPU(1)))
    #expect(!machine.plug(CPU(1)))
    #expect(machine.onlineCount == 2)
  }

  @Test(arguments: [(Revision.current, 1), (.linux6_12, 2)])
  func `wakes the trim workers in current, and leaves a depot too long in 6_12`(
    revision: Revision, length: Int
  ) throws {
    let example = try ExampleDomain(cpus: 2, revision)
    example.park(8)
    #expect(example.depot().count == 2)
    example.advance(1_000)
    #expect(example.depot().count == 2)
    example.machine.unplug(CPU(1), on: CPU(0))
    example.advance(1_000)
    #expect(example.depot().count == length)
  }
}
