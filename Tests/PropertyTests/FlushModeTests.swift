import IOVA
import Invariants
import Testing

/// A domain that defers its invalidations later, or no more.
@Suite struct `Deferring invalidations` {
  private static let queue = FlushOptions(.perCPU, slots: 4, timeout: 10)
  private static let ringBytes = 4 * 40

  private func example(cpus: Int = 1) throws -> ExampleDomain {
    try ExampleDomain(cpus: cpus, queue: Self.queue, defersFromStart: false)
  }

  private func bytes(_ example: ExampleDomain) -> Int { example.domain.counters.flush.bytes }

  @Test func `takes no memory before it starts`() throws {
    let example = try example(cpus: 3)
    #expect(bytes(example) == 0)
    #expect(!example.domain.defersInvalidations)
    example.deferFree(example.allocate())
    #expect(example.domain.counters.flush.forUnmappings == 1)
    #expect(example.magazines() == [[1000], []])
    #expect(example.domain.startDeferring(on: CPU(0)))
    #expect(bytes(example) == 3 * Self.ringBytes)
  }

  @Test func `queues from its start on, and frees at once from its end on`() throws {
    let example = try example()
    let pfns = (0..<3).map { _ in example.allocate() }
    #expect(example.domain.startDeferring(on: CPU(0)))
    example.deferFree(pfns[0])
    #expect(example.ring() == [1000])
    example.domain.stopDeferring(on: CPU(0))
    example.deferFree(pfns[1])
    #expect(example.ring() == [1000])
    #expect(example.magazines() == [[999], []])
    #expect(example.domain.startDeferring(on: CPU(0)))
    example.deferFree(pfns[2])
    #expect(example.magazines() == [[999], []])
    #expect(example.ring() == [1000, 998])
  }

  @Test func `leaves to the timer what is queued when it ends`() throws {
    let example = try example()
    #expect(example.domain.startDeferring(on: CPU(0)))
    example.deferFree(example.allocate())
    example.domain.stopDeferring(on: CPU(0))
    example.advance(10)
    #expect(example.ring() == [])
    #expect(example.domain.counters.flush.byTimer == 1)
  }

  @Test func `does not start without memory for every ring, and may start later`() throws {
    let example = try example(cpus: 2)
    example.machine.memory.starve(CPU(0), after: 1)
    #expect(!example.domain.startDeferring(on: CPU(0)))
    #expect(!example.domain.defersInvalidations)
    #expect(bytes(example) == Self.ringBytes)
    example.deferFree(example.allocate(on: 1), on: 1)
    #expect(example.domain.counters.flush.forUnmappings == 1)
    example.machine.memory.feed(CPU(0))
    #expect(example.domain.startDeferring(on: CPU(0)))
    #expect(bytes(example) == 2 * Self.ringBytes)
  }

  @Test func `can't start in a domain without a queue`() throws {
    let example = try ExampleDomain()
    #expect(!example.domain.startDeferring(on: CPU(0)))
    example.domain.stopDeferring(on: CPU(0))
    example.deferFree(example.allocate())
    #expect(example.domain.counters.flush.forUnmappings == 1)
  }

  @Test func `is as before its start when its domain is reset`() throws {
    let example = try example()
    #expect(example.domain.startDeferring(on: CPU(0)))
    example.deferFree(example.allocate())
    #expect(example.domain.reset().isEmpty)
    example.machine.reset()
    #expect(!example.domain.defersInvalidations)
    #expect(example.domain.counters.flush == FlushCounters())
  }

  @Test func `starts anew in a domain that is reset after its end`() throws {
    let example = try ExampleDomain(queue: Self.queue)
    example.domain.stopDeferring(on: CPU(0))
    #expect(example.domain.reset().isEmpty)
    example.machine.reset()
    #expect(example.domain.defersInvalidations)
    #expect(bytes(example) == Self.ringBytes)
  }

  @Test func `leaves no memory when its domain ends`() throws {
    for defersFromStart in [true, false] {
      let example = try ExampleDomain(queue: Self.queue, defersFromStart: defersFromStart)
      #expect(example.domain.startDeferring(on: CPU(0)))
      example.deferFree(example.allocate())
      #expect(example.teardown().isEmpty)
      #expect(bytes(example) == 0)
    }
  }
}
