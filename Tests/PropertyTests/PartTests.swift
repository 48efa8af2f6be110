import IOVA
import Invariants
import Testing

/// A device with an IOMMU, of which a block of 64 KiB is unmapped in part.
@Suite struct `A part of a mapping` {
  private let buffer = PhysicalAddress(0x8000_0000)

  private func watched(_ revision: Revision, inputBits: Int = 24) throws -> WatchedDomain {
    var dma = DMAConfiguration()
    dma.table.inputBits = inputBits
    dma.devices = [DMADevice(mask: PFN((1 << UInt64(inputBits - 12)) - 1), isPCI: false)]
    return try WatchedDomain(revision, dma: dma)
  }

  private func map(_ pages: UInt64, _ watched: WatchedDomain) throws -> PFN {
    try #require(
      watched.example.domain.map(pages, to: buffer, .readWrite, device: 0, on: CPU(0)))
  }

  private func output(_ pfn: UInt64, _ watched: WatchedDomain) -> PhysicalAddress? {
    watched.example.domain.access(PFN(pfn), on: CPU(0))?.output
  }

  @Test(arguments: [16, 256, 4096] as [UInt64])
  func `goes alone where releases split, and the rest leads where it did`(pages: UInt64) throws {
    let watched = try watched(.linux6_12, inputBits: 27)
    let domain = watched.example.domain
    let lo = try map(pages, watched).raw
    let part = PFNRange(PFN(lo + 3), pages: 2)
    #expect(domain.unmapPart(part, on: CPU(0)) == 2)
    #expect(output(lo + 2, watched) == buffer + 2 * 4096)
    #expect(output(lo + 3, watched) == nil)
    #expect(output(lo + 4, watched) == nil)
    #expect(output(lo + 5, watched) == buffer + 5 * 4096)
    #expect(output(lo + pages - 1, watched) == buffer + (pages - 1) * 4096)
    domain.unmap(PFN(lo), pages, except: part, on: CPU(0))
    #expect(watched.violationAtRest == nil)
  }

  @Test(arguments: [16, 256, 4096] as [UInt64])
  func `stays where releases do not split`(pages: UInt64) throws {
    let watched = try watched(.current, inputBits: 27)
    let domain = watched.example.domain
    let lo = try map(pages, watched).raw
    #expect(domain.unmapPart(PFNRange(PFN(lo + 3), pages: 2), on: CPU(0)) == 0)
    #expect(output(lo + 3, watched) == buffer + 3 * 4096)
    domain.unmap(PFN(lo), pages, on: CPU(0))
    #expect(watched.violationAtRest == nil)
  }

  @Test func `ends where a block begins that reaches out of it`() throws {
    let watched = try watched(.current)
    let domain = watched.example.domain
    // Four pages, a block of 64 KiB, and four pages: the address is a multiple of 64 KiB.
    let output = buffer + 12 * 4096
    let lo = try #require(
      domain.map(24, to: output, .readWrite, device: 0, on: CPU(0)))
    #expect(lo.raw % 16 == 0)
    let other = try #require(
      domain.map(24, to: buffer, .readWrite, device: 0, on: CPU(0)))
    #expect(domain.unmapPart(PFNRange(PFN(other.raw + 14), pages: 6), on: CPU(0)) == 0)
    #expect(domain.unmapPart(PFNRange(PFN(other.raw + 16), pages: 6), on: CPU(0)) == 6)
    // Nothing of the other one is a block: no page of it and of its buffer are multiples of 16.
    #expect(domain.unmapPart(PFNRange(PFN(lo.raw + 3), pages: 2), on: CPU(0)) == 2)
    #expect(watched.violationAtRest == nil)
  }

  @Test func `of a block stays if there is no memory for the rest's table`() throws {
    let watched = try watched(.linux6_12)
    let domain = watched.example.domain
    let lo = try map(256, watched).raw
    domain.machine.memory.starve(CPU(0))
    #expect(domain.unmapPart(PFNRange(PFN(lo + 3), pages: 2), on: CPU(0)) == 0)
    domain.machine.memory.feed(CPU(0))
    #expect(output(lo + 3, watched) == buffer + 3 * 4096)
    domain.unmap(PFN(lo), 256, on: CPU(0))
    #expect(watched.violationAtRest == nil)
  }
}

@Suite struct `A domain that can't be made` {
  /// With one CPU: twelve magazines, a first level of tables, a pool of tables.
  @Test(arguments: TableMemory.Strategy.inPrograms) func `leaves nothing`(
    strategy: TableMemory.Strategy
  ) {
    var failures = 0
    for credit in 0..<20 as Range<UInt64> {
      var dma = DMAConfiguration()
      dma.table.strategy = strategy
      let book = LawBook(.every, isSequential: true, cpus: 1)
      do {
        _ = try ExampleDomain(supervisor: book, credit: credit, dma: dma)
      } catch let error as OutOfMemory {
        failures += 1
        #expect(error.remains.isEmpty, "\(credit) requests granted")
      } catch {
        Issue.record(error)
      }
    }
    #expect(failures == (strategy == .pool ? 14 : 13))
  }
}

extension TableMemory.Strategy {
  fileprivate static var inPrograms: [Self] { [.slab, .pool] }
}

@Suite struct `A size above the largest power of two` {
  @Test(arguments: Revision.all) func `fits nowhere`(revision: Revision) throws {
    let example = ExampleTree(revision)
    for pages in [1 << 63, (1 << 63) + 1, .max - 1, .max] as [UInt64] {
      for limit in [9, UInt64.max - 1] {
        #expect(example.allocate(pages, limit, aligned: true) == nil, "\(pages) up to \(limit)")
      }
    }
    #expect(example.ends.isEmpty)
  }

  @Test func `and its rounding wrap in no release`() throws {
    for revision in Revision.all {
      let example = try ExampleDomain(revision)
      let limit = AddressLimit(PFN(.max - 1))
      let range = example.domain.allocate((1 << 63) + 1, below: limit, aligned: true, on: CPU(0))
      #expect(range == nil, "\(revision.name)")
    }
  }
}
