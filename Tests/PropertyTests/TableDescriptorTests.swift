import IOVA
import Testing

@Suite struct `A descriptor` {
  private static let output = PhysicalAddress(0x8765_4000)

  /// As the architecture's tables give the bits, worked out by hand.
  @Test(
    arguments: [
      (.small, .readWrite, 0x8765_4C72),
      (.small, [.readWrite, .cache, .noExecute], 0x8765_4C7F),
      (.small, [.read, .noExecute], 0x8765_4E73),
      (.small, [.readWrite, .privileged], 0x8765_4C52),
      (.small, [.readWrite, .mmio], 0x8765_4C36),
      (.large, .readWrite, 0x8765_1C31),
      (.large, [.read, .noExecute], 0x8765_9E31),
      (.large, [.readWrite, .mmio], 0x8765_0C35),
      (.section, .readWrite, 0x8763_1C02),
      (.section, [.read, .noExecute], 0x8763_9C12),
      (.section, [.readWrite, .privileged, .cache], 0x8763_140E),
      (.supersection, [.readWrite, .cache, .noExecute], 0x8707_1C1E),
      (.supersection, .read, 0x8707_9C02),
    ] as [(BlockSize, Protection, UInt32)])
  func `of a block has the architecture's bits`(
    size: BlockSize, protection: Protection, raw: UInt32
  ) {
    let entry = Descriptor(size, at: Self.output, protection, [])
    #expect(entry.raw == raw, "\(entry)")
    #expect(entry.kind(at: size.level) == .block(size))
    #expect(entry.isContiguous(at: size.level) == size.isContiguous)
    #expect(entry.protection(size, []) == protection)
    #expect(entry.output(size, []).raw == Self.output.raw & ~(size.bytes - 1))
  }

  @Test func `of a table holds its address, and nothing else`() {
    let entry = Descriptor(table: PhysicalAddress(0x4000_0C00), [])
    #expect(entry.raw == 0x4000_0C01)
    #expect(entry.kind(at: .first) == .table)
    #expect(entry.table([]) == PhysicalAddress(0x4000_0C00))
    #expect(Descriptor(table: PhysicalAddress(0x4000_0C00), .nonSecure).raw == 0x4000_0C09)
  }

  @Test func `with the non-secure quirk carries bit 19 in the first level alone`() {
    for size in BlockSize.allCases {
      let plain = Descriptor(size, at: Self.output, .readWrite, [])
      let quirky = Descriptor(size, at: Self.output, .readWrite, .nonSecure)
      #expect(quirky.raw ^ plain.raw == (size.level == .first ? 1 << 19 : 0))
    }
  }

  @Test(arguments: [(32, 9), (33, 4), (34, 5)] as [(UInt64, UInt32)])
  func `of the extended format keeps the high output bits`(output: UInt64, bit: UInt32) {
    let quirks: TableQuirks = [.extendedOutput, .noPermissions, .extendedTables]
    let high = PhysicalAddress(1 << output)
    for size in BlockSize.allCases {
      let plain = Descriptor(size, at: PhysicalAddress(0), .readWrite, quirks)
      let entry = Descriptor(size, at: high, .readWrite, quirks)
      #expect(entry.raw ^ plain.raw == 1 << bit)
      #expect(entry.output(size, quirks) == high)
      #expect(entry.kind(at: size.level) == .block(size))
    }
    let table = Descriptor(table: high, quirks)
    #expect(table.raw == 1 << bit | 1)
    #expect(table.table(quirks) == high)
    #expect(Descriptor(table: high, [.extendedOutput, .noPermissions]).raw == 1)
  }

  @Test func `without permission bits says nothing about permissions`() {
    for size in BlockSize.allCases {
      let all = Descriptor(size, at: Self.output, .readWrite, .noPermissions)
      let few = Descriptor(
        size, at: Self.output, [.read, .noExecute, .privileged], .noPermissions)
      #expect(all == few)
      #expect(all.protection(size, .noPermissions) == .readWrite)
    }
  }

  @Test func `survives a round trip with every protection, size and quirk`() {
    for size in BlockSize.allCases {
      for raw in 0..<64 as Range<UInt8> where raw & 3 != 0 {
        for quirks: TableQuirks in [[], .nonSecure, [.extendedOutput, .noPermissions]] {
          let protection = Protection(rawValue: raw)
          let once = Descriptor(size, at: Self.output, protection, quirks)
          let read = once.protection(size, quirks)
          let twice = Descriptor(size, at: once.output(size, quirks), read, quirks)
          #expect(once == twice)
        }
      }
    }
  }

  @Test func `that is empty means nothing at either level`() {
    for raw in [0, 4, 0x8000_0000, 0xFFFF_FFFC] as [UInt32] {
      #expect(Descriptor(raw: raw).kind(at: .first) == .invalid)
      #expect(Descriptor(raw: raw).kind(at: .second) == .invalid)
    }
  }
}
