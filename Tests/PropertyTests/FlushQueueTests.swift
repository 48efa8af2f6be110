import IOVA
import Invariants
import Synchronization
import Testing

/// Notes what a domain asks of the hardware and of whoever makes page tables.
private final class RecordingTarget: FlushTarget {
  private let events = Mutex<[String]>([])

  var log: [String] { events.withLock { $0 } }

  func invalidateEverything(on cpu: CPU) { events.withLock { $0.append("invalidate") } }

  func barrier(on cpu: CPU) {}

  func release(_ tables: TablePages, on cpu: CPU) {
    events.withLock { $0.append("release \(tables.first)...\(tables.last)") }
  }
}

@Suite struct `A flush queue` {
  private static let small = FlushOptions(.perCPU, slots: 4, timeout: 10)

  @Test func `keeps a range until its timer has invalidated`() throws {
    let example = try ExampleDomain(queue: Self.small)
    example.deferFree(example.allocate())
    #expect(example.ring() == [1000])
    example.advance(9)
    #expect(example.ring() == [1000])
    #expect(example.allocate() == 999)
    example.advance(1)
    #expect(example.ring() == [])
    #expect(example.domain.counters.flush.byTimer == 1)
    #expect(example.magazines() == [[1000], []])
    #expect(example.allocate() == 1000)
    #expect(!example.machine.hasArmedTimers)
  }

  @Test func `that is full invalidates once and empties itself`() throws {
    let example = try ExampleDomain(queue: Self.small)
    let pfns = (0..<5).map { _ in example.allocate() }
    for pfn in pfns.prefix(3) { example.deferFree(pfn) }
    #expect(example.domain.counters.flush.started == 0)
    example.deferFree(pfns[3])
    #expect(example.ring() == [997])
    #expect(example.domain.counters.flush.forFullRings == 1)
    example.deferFree(pfns[4])
    #expect(example.ring() == [997, 996])
  }

  @Test func `of another CPU frees what is covered when it is used next`() throws {
    let example = try ExampleDomain(cpus: 2, queue: Self.small)
    let pfns = (0..<6).map { _ in example.allocate() }
    example.deferFree(pfns[0], on: 1)
    for pfn in pfns[1..<5] { example.deferFree(pfn) }
    #expect(example.ring(1) == [1000])
    example.deferFree(pfns[5], on: 1)
    #expect(example.ring(1) == [995])
    #expect(example.domain.counters.flush.started == 1)
  }

  @Test func `shared by all CPUs fills up for all of them`() throws {
    let queue = FlushOptions(.single, slots: 4, timeout: 10)
    let example = try ExampleDomain(cpus: 3, queue: queue)
    for cpu in 0..<3 { example.deferFree(example.allocate(on: cpu), on: cpu) }
    #expect(example.ring().count == 3)
    example.deferFree(example.allocate(), on: 2)
    #expect(example.ring().count == 1)
  }

  @Test func `is armed again by the first range after its timer ran`() throws {
    let example = try ExampleDomain(queue: Self.small)
    example.deferFree(example.allocate())
    example.advance(10)
    example.deferFree(example.allocate(), on: 0)
    example.deferFree(example.allocate(), on: 0)
    example.advance(10)
    #expect(example.domain.counters.flush.byTimer == 2)
    #expect(example.ring() == [])
  }

  @Test func `releases page-table pages with their range, after an invalidation`() throws {
    let target = RecordingTarget()
    let example = try ExampleDomain(queue: Self.small, target: target)
    example.deferFree(example.allocate(), tables: TablePages(first: 7, last: 9))
    example.deferFree(example.allocate())
    #expect(target.log == [])
    example.advance(10)
    #expect(target.log == ["invalidate", "release 7...9"])
  }

  @Test func `releases page-table pages at teardown, and frees no range one by one`() throws {
    let target = RecordingTarget()
    let example = try ExampleDomain(queue: Self.small, target: target)
    example.deferFree(example.allocate(), tables: TablePages(first: 3, last: 3))
    #expect(example.teardown().isEmpty)
    #expect(target.log == ["release 3...3"])
    #expect(!example.machine.hasArmedTimers)
    #expect(example.domain.counters.flush.released == 0)
  }

  @Test func `for which there is no memory leaves its domain strict`() throws {
    let target = RecordingTarget()
    let example = try ExampleDomain(credit: 12, queue: Self.small, target: target)
    #expect(!example.domain.defersInvalidations)
    example.deferFree(example.allocate(), tables: TablePages(first: 5, last: 6))
    #expect(target.log == ["invalidate", "release 5...6"])
    #expect(example.magazines() == [[1000], []])
    #expect(!example.domain.isReusable)
  }

  @Test func `is as after init when its domain is reset`() throws {
    let example = try ExampleDomain(queue: Self.small)
    for _ in 0..<5 { example.deferFree(example.allocate()) }
    #expect(example.domain.reset().isEmpty)
    example.machine.reset()
    #expect(example.ring() == [])
    var expected = FlushCounters()
    expected.bytes = 4 * 40
    #expect(example.domain.counters.flush == expected)
    example.deferFree(example.allocate())
    example.advance(10)
    #expect(example.domain.counters.flush.byTimer == 1)
  }

  @Test func `takes 10 KiB a CPU, or 1.25 MiB in all`() throws {
    let perCPU = try ExampleDomain(cpus: 3, queue: .perCPU)
    #expect(perCPU.domain.counters.flush.bytes == 3 * 10 * 1024)
    let single = try ExampleDomain(cpus: 3, queue: .single)
    #expect(single.domain.counters.flush.bytes == 5 * 256 * 1024)
  }

  /// C11: (options, CPUs that unmap in turn, unmappings for each invalidation).
  @Test(arguments: [
    (nil, 1, 1), (FlushOptions.perCPU, 1, 255), (.perCPU, 3, 765), (.single, 3, 32_767),
  ])
  func `invalidates as seldom as it is long`(
    queue: FlushOptions?, cpus: Int, unmappings: Int
  ) throws {
    let example = try ExampleDomain(cpus: cpus, magazine: 127, queue: queue)
    let count = 100_000
    for number in 0..<count {
      example.deferFree(example.allocate(below: 1 << 20, on: number % cpus), on: number % cpus)
    }
    let expected = queue == nil ? count : (count - 1) / unmappings
    let found = Int(example.domain.counters.flush.started)
    // CPUs that share evenly fill up one after the other: one of them may be ahead by one.
    #expect(found <= expected + 1 && found >= expected - expected / 100)
  }

  /// C6: until the first invalidation nothing comes back, and every allocation is a fresh range.
  @Test func `has allocations miss the caches until ranges come back`() throws {
    let example = try ExampleDomain(magazine: 127, queue: .perCPU)
    for _ in 0..<256 { example.deferFree(example.allocate(below: 1 << 20)) }
    #expect(example.domain.counters.cache.hits == 0)
    for _ in 0..<2_000 { example.deferFree(example.allocate(below: 1 << 20)) }
    #expect(example.domain.counters.cache.misses <= 256 + 1)
  }
}

@Suite struct `A ring` {
  @Test func `is first in, first out, and leaves one slot empty`() {
    var ring = FlushRing(capacity: 4)
    ring.makeSlots()
    for lap in 0..<3 as Range<UInt64> {
      for number in 1...3 as ClosedRange<UInt64> {
        let isFull = ring.isFull
        #expect(!isFull)
        let entry = FlushEntry(pfn: lap * 10 + number, pages: 1, stamp: lap, tables: .none)
        ring.store(entry)
      }
      let (isFull, count) = (ring.isFull, ring.count)
      #expect(isFull)
      #expect(count == 3)
      for number in 1...3 as ClosedRange<UInt64> {
        let first = ring.first?.pfn
        #expect(first == lap * 10 + number)
        ring.removeFirst()
      }
      let isEmpty = ring.isEmpty
      #expect(isEmpty)
    }
    let (queued, released) = (ring.queued, ring.released)
    #expect(queued == 9)
    #expect(released == 9)
  }

  @Test func `has slots of 40 bytes`() { #expect(MemoryLayout<FlushEntry>.stride == 40) }
}
