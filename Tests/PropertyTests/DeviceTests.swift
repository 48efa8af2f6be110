import IOVA
import Testing

/// A small domain with devices, and the few calls that the examples are written in.
private final class DeviceExample {
  let example: ExampleDomain
  var domain: IOVADomain { example.domain }

  init(
    queue: FlushOptions? = nil, isBuffered: Bool = false, attachesLate: Bool = false,
    faults: FaultSet = .none, revision: Revision = .current, _ devices: DMADevice...
  ) throws {
    var dma = DMAConfiguration()
    dma.table.buffersStores = isBuffered
    dma.attachesLate = attachesLate
    dma.table.inputBits = 24
    dma.devices = devices.isEmpty ? [DMADevice(mask: PFN(0xFFF), isPCI: false)] : devices
    example = try ExampleDomain(revision, faults: faults, queue: queue, dma: dma)
  }

  func map(
    _ pages: UInt64 = 1, to output: UInt64 = 0x8000_0000, _ protection: Protection = .readWrite,
    device: Int = 0
  ) -> PFN? {
    domain.map(pages, to: PhysicalAddress(output), protection, device: device, on: CPU(0))
  }

  func allocateCoherent(device: Int) -> PFN? {
    domain.allocateCoherent(1, at: PhysicalAddress(0x8000_0000), device: device, on: CPU(0))
  }

  func output(_ pfn: PFN) -> UInt64? { domain.access(pfn, on: CPU(0))?.output.raw }
}

@Suite struct `A device` {
  @Test func `reaches each page of its buffer, and what is beside it faults`() throws {
    let example = try DeviceExample()
    let pfn = try #require(example.map(3))
    for page in 0..<3 as Range<UInt64> {
      #expect(example.output(PFN(pfn.raw + page)) == 0x8000_0000 + page * 4096)
    }
    #expect(example.output(PFN(pfn.raw - 1)) == nil)
  }

  @Test func `faults at what is unmapped, also if it was there before`() throws {
    let example = try DeviceExample()
    let pfn = try #require(example.map())
    #expect(example.output(pfn) == 0x8000_0000)
    example.domain.unmap(pfn, 1, on: CPU(0))
    #expect(example.output(pfn) == nil)
  }

  @Test func `may reach what is queued as long as nothing is invalidated`() throws {
    let example = try DeviceExample(queue: FlushOptions(.perCPU, slots: 4, timeout: 10))
    let pfn = try #require(example.map())
    #expect(example.output(pfn) == 0x8000_0000)
    example.domain.unmap(pfn, 1, on: CPU(0))
    #expect(example.output(pfn) == 0x8000_0000)
    example.example.advance(10)
    #expect(example.output(pfn) == nil)
  }

  @Test func `is given addresses up to its mask, which is 32 bits until it says so`() throws {
    let example = try DeviceExample(DMADevice(isPCI: false), DMADevice(mask: PFN(40), isPCI: false))
    #expect(example.map(device: 0) == PFN(15))
    #expect(example.map(device: 1) == PFN(40))
  }

  @Test func `gets nothing where 32-bit addresses are reserved, until its driver sets the mask`()
    throws
  {
    let example = try DeviceExample(DMADevice())
    example.domain.reserve(PFNRange(PFN(0), through: PFN(15)), on: CPU(0))
    #expect(example.map() == nil)
    example.domain.setMask(PFN(0xFFF), of: 0, on: CPU(0))
    #expect(example.map() == PFN(0xFFF))
    example.domain.setMask(PFN(40), of: 0, on: CPU(0))
    #expect(example.map() == PFN(40))
  }

  @Test func `has one mask for buffers and one for memory that it shares`() throws {
    let example = try DeviceExample(
      DMADevice(mask: PFN(0xFFF), isPCI: false), DMADevice(coherentMask: PFN(40), isPCI: false))
    #expect(example.allocateCoherent(device: 0) == PFN(15))
    #expect(example.map(device: 0) == PFN(0xFFF))
    #expect(example.allocateCoherent(device: 1) == PFN(40))
    #expect(example.map(device: 1) == PFN(14))
    example.domain.setMask(PFN(20), of: 1, .coherent, on: CPU(0))
    #expect(example.allocateCoherent(device: 1) == PFN(20))
    example.domain.freeCoherent(PFN(20), 1, on: CPU(0))
    #expect(example.domain.access(PFN(20), on: CPU(0)) == nil)
  }

  @Test func `on PCI is given 32-bit addresses until they are short`() throws {
    let example = try DeviceExample(DMADevice(mask: PFN(0xFFF)))
    for _ in 0..<15 { #expect(try #require(example.map()).raw < 16) }
    #expect(example.map() == PFN(0xFFF))
    #expect(example.map() == PFN(0xFFE))
  }

  @Test(arguments: [(Revision.linux6_1, 4), (.linux6_12, 1)] as [(Revision, UInt64)])
  func `tries 32-bit addresses once they were short each time up to 6.3, and never later`(
    revision: Revision, attempts: UInt64
  ) throws {
    let example = try DeviceExample(revision: revision, DMADevice(mask: PFN(0xFFF)))
    // No aligned 16 pages lie below the boundary.
    for _ in 0..<4 { #expect(example.map(16) != nil) }
    #expect(example.domain.counters.lowAttempts == attempts)
  }

  @Test func `that forces wide addresses gets them at once`() throws {
    let device = DMADevice(mask: PFN(0xFFF), forcesWideAddresses: true)
    #expect(try DeviceExample(device).map() == PFN(0xFFF))
  }
}

@Suite struct `A walker that sees stores late` {
  private static let queue = FlushOptions(.perCPU, slots: 4, timeout: 10)

  @Test func `sees a mapping once it is done`() throws {
    let example = try DeviceExample(isBuffered: true)
    let pfn = try #require(example.map(16))
    #expect(example.output(PFN(pfn.raw + 15)) == 0x8000_F000)
  }

  @Test(arguments: [nil, queue])
  func `sees an unmapping before its range is freed`(queue: FlushOptions?) throws {
    let example = try DeviceExample(queue: queue, isBuffered: true)
    let pfn = try #require(example.map())
    example.domain.unmap(pfn, 1, on: CPU(0))
    #expect(try #require(example.domain.iommu).walk(pfn) == nil)
  }

  @Test func `does not see an unmapping that is queued without a barrier`() throws {
    let example = try DeviceExample(
      queue: Self.queue, isBuffered: true, faults: FaultSet([.q04]))
    let pfn = try #require(example.map())
    let iommu = try #require(example.domain.iommu)
    example.domain.unmap(pfn, 1, on: CPU(0))
    #expect(iommu.walk(pfn)?.output.raw == 0x8000_0000)
    iommu.barrier(on: CPU(0))
    #expect(iommu.walk(pfn) == nil)
  }

  @Test func `sees the oldest stores where the buffer is full`() throws {
    let example = try DeviceExample(
      queue: FlushOptions(.perCPU, slots: 128, timeout: 10), isBuffered: true,
      faults: FaultSet([.q04]))
    let pages = try (0..<60).map { _ in try #require(example.map()) }
    let iommu = try #require(example.domain.iommu)
    for page in pages { example.domain.unmap(page, 1, on: CPU(0)) }
    // There is room for 56 stores.
    #expect(pages.filter { iommu.walk($0) == nil } == Array(pages.prefix(4)))
  }
}

@Suite struct `A domain whose devices are attached late` {
  @Test func `keeps what is mapped when another device comes`() throws {
    let example = try DeviceExample(
      attachesLate: true, DMADevice(isPCI: false), DMADevice(isPCI: false))
    #expect(!example.domain.isAttached(0))
    example.domain.attach(0, on: CPU(0))
    let pfn = try #require(example.map())
    example.domain.attach(1, on: CPU(0))
    #expect(example.domain.isAttached(1))
    #expect(example.domain.find(pfn, on: CPU(0)) == PFNRange(pfn, pages: 1))
  }

  @Test func `can be taken apart without any`() throws {
    let example = try DeviceExample(attachesLate: true)
    #expect(example.domain.teardown(on: CPU(0)).isEmpty)
  }
}

@Suite struct `A mapping` {
  @Test(arguments: [1, 16, 256] as [UInt64])
  func `is not replaced by mapping one of its pages once more`(pages: UInt64) throws {
    let example = try DeviceExample()
    let pfn = try #require(example.map(pages))
    #expect(example.domain.mapAgain(pfn, on: CPU(0)) == .exists)
    #expect(example.output(pfn) == 0x8000_0000)
  }

  @Test func `uses the largest blocks that both addresses and the size allow`() {
    let mib: UInt64 = 1 << 20
    #expect(blocks(0, 0, 17 * mib) == ["1 of 16M", "1 of 1M"])
    #expect(blocks(mib, mib, 2 * mib + 4096) == ["2 of 1M", "1 of 4K"])
    #expect(blocks(0xE000, 0xE000, 0x13000) == ["2 of 4K", "1 of 64K", "1 of 4K"])
    #expect(blocks(0, 4096, 0x20000) == ["32 of 4K"])
  }

  private func blocks(_ iova: UInt64, _ output: UInt64, _ bytes: UInt64) -> [String] {
    var (done, found): (UInt64, [String]) = (0, [])
    while done < bytes {
      let (size, count) = BlockSize.blocks(iova + done, output + done, bytes - done)
      found.append("\(count) of \(size)")
      done += size.bytes * UInt64(count)
    }
    return found
  }

  @Test func `that permits nothing fails, and keeps no address`() throws {
    let example = try DeviceExample()
    let before = example.domain.searchState.count
    #expect(example.map(33, to: 0x8000_0000, []) == nil)
    #expect(example.domain.searchState.count == before)
  }

  @Test func `without memory for its table is undone whole`() throws {
    let example = try DeviceExample()
    // Two MiB, a table each; there is memory for the range and for the first table.
    example.example.machine.memory.starve(CPU(0), after: 2)
    #expect(example.map(300, to: 0x8000_1000) == nil)
    example.example.machine.memory.feed(CPU(0))
    #expect(example.domain.searchState.count == 0)
    let pfn = try #require(example.map(300, to: 0x8000_1000))
    // Without the type both sides become `AnyHashable`, and Swift 6.3 reads past the optional.
    #expect(example.output(PFN(pfn.raw + 299)) == UInt64(0x8000_1000 + 299 * 4096))
  }

  @Test func `that is unmapped lazily leaves its table alone until an invalidation`() throws {
    let example = try DeviceExample(queue: FlushOptions(.perCPU, slots: 4, timeout: 10))
    let pfn = try #require(example.map(256, to: 0x8000_1000))
    let iommu = try #require(example.domain.iommu)
    #expect(iommu.linkedTables == 1)
    example.domain.unmap(pfn, 256, on: CPU(0))
    #expect(iommu.linkedTables == 0)
    #expect(iommu.liveTables == 1)
    #expect(iommu.waitingTables == 1)
    example.example.advance(10)
    #expect(iommu.liveTables == 0)
  }

  @Test(arguments: [nil, FlushOptions(.perCPU, slots: 4, timeout: 10)])
  func `leaves nothing when its domain ends`(queue: FlushOptions?) throws {
    let example = try DeviceExample(queue: queue)
    for number in 0..<3 as Range<UInt64> {
      let pfn = try #require(example.map(256, to: 0x8000_1000 + number << 22))
      if number > 0 { example.domain.unmap(pfn, 256, on: CPU(0)) }
    }
    #expect(example.domain.teardown(on: CPU(0)).isEmpty)
  }
}
