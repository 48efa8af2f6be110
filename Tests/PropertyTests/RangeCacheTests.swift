import IOVA
import Testing

@Suite struct `A CPU's cache` {
  @Test func `gives back the range that was freed last`() throws {
    let example = try ExampleDomain()
    let ranges = [example.allocate(), example.allocate()]
    #expect(ranges == [1000, 999])
    for range in ranges { example.free(range) }
    #expect(example.magazines() == [[1000, 999], []])
    #expect(example.allocate() == 999)
    #expect(example.allocate() == 1000)
    #expect(example.domain.counters.cache.hits == 2)
    #expect(example.rangeCount == 2)
  }

  @Test func `fills loaded, then previous, then the depot`() throws {
    let example = try ExampleDomain()
    let ranges = (0..<7).map { _ in example.allocate() }
    for range in ranges.prefix(2) { example.free(range) }
    #expect(example.magazines() == [[1000, 999], []])
    example.free(ranges[2])
    #expect(example.magazines() == [[998], [1000, 999]])
    example.free(ranges[3])
    #expect(example.depot() == [])
    example.free(ranges[4])
    #expect(example.magazines() == [[996], [1000, 999]])
    #expect(example.depot() == [[998, 997]])
    for range in ranges[5...6] { example.free(range) }
    #expect(example.magazines() == [[994], [1000, 999]])
    #expect(example.depot() == [[996, 995], [998, 997]])
  }

  @Test func `empties loaded, then previous, then the depot`() throws {
    let example = try ExampleDomain()
    example.park(7)
    let order = (0..<7).map { _ in example.allocate() }
    #expect(order == [994, 999, 1000, 995, 996, 997, 998])
    #expect(example.depot() == [])
    #expect(example.domain.counters.cache.refills == 2)
    // Two magazines of a CPU and six classes: those of the depot took the places of empty ones.
    #expect(example.domain.counters.magazinesLive == 12)
    #expect(example.rangeCount == 7)
  }

  @Test func `keeps a range that is too high for a request`() throws {
    let example = try ExampleDomain()
    example.park(2)
    #expect(example.allocate(below: 998) == 998)
    #expect(example.magazines() == [[1000, 999], []])
    #expect(example.allocate(below: 999) == 999)
    #expect(example.magazines() == [[1000], []])
  }

  @Test func `does not look behind a loaded magazine that holds nothing low enough`() throws {
    let example = try ExampleDomain()
    let ranges = [10, 10, 1000].map { example.allocate(below: $0) }
    for range in ranges { example.free(range) }
    #expect(example.magazines() == [[1000], [10, 9]])
    #expect(example.allocate(below: 10) == 8)
    #expect(example.magazines() == [[1000], [10, 9]])
  }

  @Test(arguments: [(1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (16, 4), (17, 5), (32, 5)])
  func `keeps a size in the class of its next power of two`(pages: UInt64, sizeClass: Int) throws {
    let example = try ExampleDomain()
    let lo = example.allocate(pages)
    example.free(lo, pages)
    for other in 0..<6 {
      let expected: [[UInt64]?] = [other == sizeClass ? [lo].compactMap { $0 } : [], []]
      #expect(example.magazines(of: 0, other) == expected)
    }
  }

  @Test func `never keeps what is larger than 32 pages`() throws {
    let example = try ExampleDomain()
    example.free(example.allocate(33), 33)
    #expect(example.rangeCount == 0)
    #expect(example.domain.counters.cache.inserts == 0)
  }

  @Test func `is each CPU's own`() throws {
    let example = try ExampleDomain(cpus: 2)
    example.park(1, on: 0)
    #expect(example.allocate(on: 1) == 999)
    #expect(example.allocate(on: 0) == 1000)
  }

  @Test func `hands ranges over to other CPUs through the depot, a magazine at a time`() throws {
    let example = try ExampleDomain(cpus: 2)
    example.park(5, on: 0)
    #expect(example.depot() == [[998, 997]])
    #expect(example.allocate(on: 1) == 997)
    #expect(example.allocate(on: 1) == 998)
    #expect(example.depot() == [])
    #expect(example.magazines(of: 1) == [[], []])
  }

  @Test func `is returned to the tree, loaded first, by a flush`() throws {
    let example = try ExampleDomain(cpus: 2)
    example.park(3, on: 0)
    example.domain.flushCaches(of: CPU(0), on: CPU(1))
    #expect(example.magazines() == [[], []])
    #expect(example.rangeCount == 0)
    // Both magazines of six classes, full or not: T is taken for each.
    let before = example.domain.counters.treeLockAcquisitions
    example.domain.flushCaches(of: CPU(0), on: CPU(1))
    #expect(example.domain.counters.treeLockAcquisitions - before == 12)
  }
}

@Suite struct `A flush that heeds the limit` {
  private let revision: Revision = {
    var revision = Revision.current
    revision.cache.flushesWithinLimit = true
    return revision
  }()

  private func expectCaches(
    of example: ExampleDomain, magazines: [[UInt64]], depot: [[UInt64]], returned: UInt64,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(example.magazines() == magazines, sourceLocation: sourceLocation)
    #expect(example.depot() == depot, sourceLocation: sourceLocation)
    #expect(example.domain.counters.rangesReturned == returned, sourceLocation: sourceLocation)
  }

  @Test func `keeps what lies above, which the request could not use`() throws {
    for heeds in [true, false] {
      let example = try ExampleDomain(heeds ? revision : .current)
      for _ in 0..<15 { _ = example.allocate(below: 15) }
      example.park(7)
      #expect(example.allocate(below: 15, flush: true) == nil)
      #expect(example.domain.counters.flushes == 1)
      if heeds {
        expectCaches(
          of: example, magazines: [[994], [1000, 999]], depot: [[996, 995], [998, 997]],
          returned: 0)
        #expect(example.allocate() == 994)
      } else {
        expectCaches(of: example, magazines: [[], []], depot: [], returned: 7)
      }
    }
  }

  @Test func `gives back what lies within, of every CPU and of the depot`() throws {
    let example = try ExampleDomain(cpus: 2, revision)
    for _ in 0..<10 { _ = example.allocate(below: 15) }
    example.park(3, on: 0)
    example.park(5, below: 15, on: 1)
    #expect(example.magazines(of: 1) == [[1], [5, 4]])
    #expect(example.allocate(2, below: 15, flush: true) == 4)
    #expect(example.magazines(of: 1) == [[], []])
    expectCaches(of: example, magazines: [[998], [1000, 999]], depot: [], returned: 5)
  }

  @Test func `takes low ranges out of a CPU's magazine, and leaves the others in order`() throws {
    let example = try ExampleDomain(revision, magazine: 3)
    let ranges = [1000, 15, 1000].map { example.allocate(below: $0) }
    for range in ranges { example.free(range) }
    #expect(example.magazines() == [[1000, 15, 999], []])
    for _ in 0..<14 { _ = example.allocate(below: 14) }
    #expect(example.allocate(2, below: 15, flush: true) == nil)
    expectCaches(of: example, magazines: [[1000, 999], []], depot: [], returned: 1)
  }

  @Test func `gives back a depot's magazine as a whole, since depots hold full ones`() throws {
    let example = try ExampleDomain(revision)
    let ranges = [1000, 1000, 15, 1000, 1000].map { example.allocate(below: $0) }
    for range in ranges { example.free(range) }
    #expect(example.depot() == [[15, 998]])
    #expect(example.allocate(16, below: 15, flush: true) == nil)
    expectCaches(of: example, magazines: [[997], [1000, 999]], depot: [], returned: 2)
  }

  @Test func `gives back a range that only begins within, as its beginning may be room`() throws {
    let example = try ExampleDomain(revision)
    example.free(example.allocate(2, below: 17), 2)
    #expect(example.magazines(of: 0, 1) == [[16], []])
    for _ in 0..<15 { _ = example.allocate(below: 15) }
    #expect(example.allocate(below: 16, flush: true) == 16)
    #expect(example.magazines(of: 0, 1) == [[], []])
  }
}

@Suite struct `A fast allocation` {
  @Test func `goes to the tree where nothing is cached`() throws {
    var revision = Revision.current
    revision.cache.isEnabled = false
    let example = try ExampleDomain(cpus: 2, revision)
    let range = example.allocate(3, below: 15)
    #expect(range == 12)
    example.free(range, 3)
    #expect(example.rangeCount == 0)
    #expect(example.domain.counters.magazinesAllocated == 0)
    #expect(example.domain.counters.cacheLockAcquisitions == 0)
    #expect(example.domain.teardown(on: CPU(0)).isEmpty)
  }

  @Test func `gives the caches back before it fails, if it may`() throws {
    let example = try ExampleDomain(cpus: 2)
    for _ in 0..<10 { _ = example.allocate(below: 15, on: 0) }
    example.park(5, below: 15, on: 1)
    #expect(example.rangeCount == 15)
    #expect(example.depot() == [[3, 2]])
    #expect(example.allocate(2, below: 15, flush: false) == nil)
    #expect(example.rangeCount == 15)
    #expect(example.allocate(2, below: 15, flush: true) == 4)
    #expect(example.depot() == [])
    #expect(example.domain.counters.flushes == 1)
    #expect(example.domain.counters.rangesReturned == 5)
  }

  @Test func `up to 5_10 leaves the depots as they are`() throws {
    var revision = Revision.linux5_10
    revision.cache.depot = .list
    let example = try ExampleDomain(revision)
    example.park(5, below: 15)
    for _ in 0..<10 { _ = example.allocate(below: 10) }
    #expect(example.depot() == [[13, 12]])
    _ = example.allocate(8, below: 15, flush: true)
    #expect(example.depot() == [[13, 12]])
    #expect(example.magazines() == [[], []])
  }

  @Test func `up to 4_14 gives them back whatever the caller says`() throws {
    let example = try ExampleDomain(.linux4_13)
    example.park(1, below: 15)
    #expect(example.allocate(16, below: 15, flush: false) == nil)
    #expect(example.rangeCount == 0)
  }

  @Test func `does not give back what an unplugged CPU left, since nothing is left there`() throws {
    let example = try ExampleDomain(cpus: 2)
    example.park(3, below: 15, on: 1)
    #expect(example.machine.unplug(CPU(1), on: CPU(0)))
    #expect(example.rangeCount == 0)
  }

  @Test func `of more pages than its limit has fails at once in current, and wraps in 6_12`() throws
  {
    let current = try ExampleDomain()
    current.park(2)
    #expect(current.allocate(4, below: 2) == nil)
    let linux = try ExampleDomain(.linux6_12)
    linux.free(linux.allocate(4), 4)
    // 3 - 4 is the highest pfn of all: anything in the magazine is low enough.
    #expect(linux.allocate(4, below: 2) == 996)
  }
}
