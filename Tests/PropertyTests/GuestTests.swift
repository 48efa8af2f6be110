import Generators
import IOVA
import Testing

/// A guest with one device, and the few calls that the examples are written in.
private final class Guest {
  let example: ExampleDomain
  var domain: IOVADomain { example.domain }

  init(
    shadow: Int, queue: FlushOptions? = FlushOptions(.single, slots: 8, timeout: 10),
    cpus: Int = 1, isISM: Bool = false, faults: FaultSet = .none,
    revision: Revision = .current, credit: UInt64? = nil
  ) throws {
    var dma = DMAConfiguration()
    dma.table.inputBits = 24
    dma.shadow = shadow
    dma.devices = [DMADevice(mask: PFN(0xFFF), isPCI: false, isISM: isISM)]
    example = try ExampleDomain(
      cpus: cpus, revision, faults: faults, credit: credit, queue: queue, dma: dma)
  }

  func map(_ pages: UInt64 = 1) -> PFN? {
    domain.map(pages, to: PhysicalAddress(0x8000_0000), .readWrite, device: 0, on: CPU(0))
  }

  func unmap(_ pfn: PFN, _ pages: UInt64 = 1, on cpu: Int = 0) {
    domain.unmap(pfn, pages, on: CPU(cpu))
  }

  func output(_ pfn: PFN) -> UInt64? { domain.access(pfn, on: CPU(0))?.output.raw }
}

@Suite struct `A hypervisor's shadow` {
  @Test func `leads devices to each page that is mapped`() throws {
    let guest = try Guest(shadow: 300)
    let pfn = try #require(guest.map(300))
    for page in [0, 255, 256, 299] as [UInt64] {
      #expect(guest.output(PFN(pfn.raw + page)) == 0x8000_0000 + page * 4096)
    }
    #expect(guest.output(PFN(pfn.raw - 1)) == nil)
  }

  @Test func `leads nowhere where sync_map failed, whatever the page table says`() throws {
    let guest = try Guest(shadow: 1, faults: FaultSet([.d03]))
    let pfn = try #require(guest.map(2))
    #expect(try #require(guest.domain.iommu).walk(PFN(pfn.raw + 1)) != nil)
    #expect(guest.output(PFN(pfn.raw + 1)) == nil)
  }

  @Test func `is told of invalidations by one ring, unless the release has one for each CPU`()
    throws
  {
    let one = try Guest(shadow: 8, cpus: 3)
    #expect(one.domain.ringsInUse == 1)
    let many = try Guest(shadow: 8, cpus: 3, revision: .ringsForShadows)
    #expect(many.domain.ringsInUse == 3)
  }

  @Test func `has no ring if memory was refused, and one once that is tried again`() throws {
    for (faults, rings) in [(FaultSet.none, 1), (FaultSet([.d12]), 3)] {
      let guest = try Guest(shadow: 8, cpus: 3, faults: faults, credit: 37)
      #expect(guest.domain.ringsInUse == 0)
      #expect(!guest.domain.defersInvalidations)
      #expect(guest.domain.startDeferring(on: CPU(0)))
      #expect(guest.domain.ringsInUse == rings)
      #expect(guest.domain.defersInvalidations)
    }
  }

  @Test func `refuses what exceeds its resources, and nothing is left of the mapping`() throws {
    let guest = try Guest(shadow: 2)
    #expect(guest.map(3) == nil)
    #expect(guest.domain.flushSnapshot()?.rings[0].entries.isEmpty == true)
    #expect(guest.map(2) != nil)
    #expect(guest.map() == nil)
  }

  @Test func `keeps what is queued, and lets go of it if it has to`() throws {
    let guest = try Guest(shadow: 2)
    let old = try #require(guest.map())
    guest.unmap(old)
    #expect(guest.output(old) == 0x8000_0000)
    #expect(guest.map() != nil)
    #expect(guest.output(old) == 0x8000_0000)
    #expect(guest.map() != nil)
    #expect(guest.output(old) == nil)
    // The refresh is no invalidation of the queue's: the range stays there.
    #expect(guest.example.ring() == [old.raw])
  }

  @Test func `fails a mapping for what is queued, if it is not told to look at everything`() throws
  {
    let guest = try Guest(shadow: 1, faults: FaultSet([.d04]))
    guest.unmap(try #require(guest.map()))
    #expect(guest.map() == nil)
    guest.example.advance(10)
    #expect(guest.map() != nil)
  }

  @Test func `lets go of what is unmapped strictly at once`() throws {
    let guest = try Guest(shadow: 1, queue: nil)
    let pfn = try #require(guest.map())
    guest.unmap(pfn)
    #expect(guest.output(pfn) == nil)
    #expect(guest.map() != nil)
  }

  @Test func `is empty after a reset`() throws {
    let guest = try Guest(shadow: 2)
    let pfn = try #require(guest.map(2))
    guest.unmap(pfn, 2)
    guest.example.machine.reset()
    #expect(guest.domain.reset().isEmpty)
    #expect(guest.output(pfn) == nil)
    #expect(guest.map(2) != nil)
  }
}

@Suite struct `A guest` {
  @Test func `queues in one ring for all CPUs`() throws {
    let guest = try Guest(shadow: 8, queue: FlushOptions(.perCPU, slots: 8, timeout: 10), cpus: 2)
    let (a, b) = (try #require(guest.map()), try #require(guest.map()))
    guest.unmap(a)
    guest.unmap(b, on: 1)
    #expect(guest.example.ring() == [a.raw, b.raw])
  }

  @Test func `with internal shared memory defers nothing`() throws {
    let guest = try Guest(shadow: 8, isISM: true)
    #expect(!guest.domain.defersInvalidations)
    #expect(!guest.domain.startDeferring(on: CPU(0)))
    let pfn = try #require(guest.map())
    guest.unmap(pfn)
    #expect(guest.output(pfn) == nil)
    #expect(guest.domain.isReusable)
  }

  @Test func `is a setting of a case`() throws {
    var program = FaultProgram(.d04).program
    program.settings.dma?.shadow = 12
    program.settings.dma?.isExtended = true
    program.settings.dma?.attachesLate = true
    program.settings.dma?.devices = [DMADevice(isISM: true), DMADevice(mask: PFN(7), isPCI: false)]
    let written = ProgramCase(Finding(law: "none", evidence: "none"), .sequential, program)
    #expect(
      written.text.contains("dma: 24 slab coherent extended late shadow 12; default pci ism; 0x7\n")
    )
    let read = try ProgramCase(written.text)
    #expect(read.text == written.text)
    #expect(read.program.settings.dma == program.settings.dma)
    for limit in ["-1", "none", "1048577"] {
      let text = written.text.replacing("shadow 12", with: "shadow \(limit)")
      #expect(throws: ProgramCase.Malformed.self) { try ProgramCase(text) }
    }
  }
}
