import IOVA
import Testing

@Suite struct `The second pass` {
  @Test func `looks at the gaps above the cached node`() {
    let example = ExampleTree()
    #expect(example.allocate(1, 1) == 1)
    #expect(example.allocate(1, 15) == 15)
    #expect(example.tree.search.usedSecondPass)
    #expect(example.tree.counters.secondPasses == 1)
  }

  @Test func `is missing up to 5_10`() {
    let example = ExampleTree(.linux5_10)
    #expect(example.allocate(1, 1) == 1)
    #expect(example.allocate(1, 15) == nil)
  }

  @Test func `is not begun after a first one from the anchor`() {
    let example = ExampleTree(start: 8)
    #expect(example.allocate(16, 15) == nil)
    #expect(!example.tree.search.usedSecondPass)
  }

  @Test func `finds the hole that alignment left`() {
    let example = ExampleTree(start: 4)
    #expect(example.allocate(2, 6, aligned: true) == 4)
    #expect(example.allocate(1, 6) == 6)
  }

  @Test(arguments: [1, 10, 100] as [UInt64])
  func `starts at the limit, not at the top`(high: UInt64) {
    let example = ExampleTree()
    for _ in 0..<high { _ = example.allocate(1, 1000) }
    #expect(example.allocate(1, 1) == 1)
    #expect(example.allocate(1, 15) == 15)
    // One step of the first pass from pfn 1, one of the second from the lowest high range.
    #expect(example.tree.search.visits == 2)
  }
}

@Suite struct `The 32-bit shortcut` {
  @Test func `refuses without a walk what failed before`() {
    let example = ExampleTree()
    #expect(example.allocate(15, 15) == 1)
    #expect(example.allocate(2, 15) == nil)
    #expect(example.tree.max32 == 2)
    #expect(!example.tree.search.wasShortcut)
    #expect(example.allocate(3, 15) == nil)
    #expect(example.tree.search.wasShortcut)
    #expect(example.tree.search.visits == 0)
    #expect(example.tree.max32 == 2)
    #expect(example.allocate(1, 15) == nil)
    #expect(example.tree.max32 == 1)
    #expect(example.tree.counters.shortcuts == 1)
  }

  @Test func `does not concern limits above the boundary`() {
    let example = ExampleTree()
    #expect(example.allocate(15, 15) == 1)
    #expect(example.allocate(1, 15) == nil)
    #expect(example.allocate(1, 16) == 16)
  }

  @Test func `is reset by any free below the boundary`() {
    let example = ExampleTree()
    #expect(example.allocate(1, 100) == 100)
    for lo in (1...15).reversed() as [UInt64] { #expect(example.allocate(1, 15) == lo) }
    #expect(example.allocate(1, 15) == nil)
    #expect(example.tree.max32 == 1)
    example.free(100)
    #expect(example.tree.max32 == 1)
    example.free(9)
    #expect(example.tree.max32 == 16)
    #expect(example.allocate(1, 15) == 9)
  }

  @Test(arguments: [Revision.linux5_10_0, .linux5_10])
  func `stays after a free below the cached node in 5_10_0, and not in later 5_10`(
    revision: Revision
  ) {
    let example = ExampleTree(revision)
    for lo in (1...15).reversed() as [UInt64] { #expect(example.allocate(1, 15) == lo) }
    #expect(example.allocate(1, 15) == nil)
    // This one moves the cached node to the top, where the next range goes.
    example.free(15)
    #expect(example.tree.max32 == 16)
    #expect(example.allocate(1, 15) == 15)
    #expect(example.allocate(1, 15) == nil)
    example.free(3)
    #expect(example.tree.max32 == (revision == .linux5_10_0 ? 1 : 16))
  }

  @Test func `learns from a low limit in 6_12, and not in current`() {
    let linux = ExampleTree(.linux6_12)
    #expect(linux.allocate(4, 2, aligned: true) == nil)
    #expect(linux.tree.max32 == 4)
    #expect(linux.allocate(4, 15, aligned: true) == nil)
    let current = ExampleTree(.current)
    #expect(current.allocate(4, 2, aligned: true) == nil)
    #expect(current.tree.max32 == 16)
    #expect(current.allocate(4, 15, aligned: true) == 12)
  }

  @Test func `in current learns nothing about loose requests from an aligned one`() {
    let current = ExampleTree(.current, start: 5)
    #expect(current.allocate(10, 15, aligned: true) == nil)
    #expect(current.tree.max32 == 10)
    #expect(current.allocate(10, 15) == 6)
  }
}

@Suite struct `A reservation` {
  @Test func `lets ranges that it overlaps grow downwards, and adds what is left`() {
    let example = ExampleTree()
    #expect(example.reserve(10, 12))
    #expect(example.reserve(20, 22))
    // Over both, with room below, between and above.
    #expect(example.reserve(8, 25))
    #expect(example.ends == [8...12, 13...22, 23...25])
  }

  @Test func `inside another one changes nothing`() {
    let example = ExampleTree()
    #expect(example.reserve(10, 20))
    #expect(example.reserve(12, 14))
    #expect(example.reserve(10, 20))
    #expect(example.ends == [10...20])
  }

  @Test func `does not merge with its neighbours`() {
    let example = ExampleTree()
    #expect(example.reserve(10, 12))
    #expect(example.reserve(13, 15))
    #expect(example.reserve(7, 9))
    #expect(example.ends == [7...9, 10...12, 13...15])
  }

  @Test func `that reaches beyond the address space is refused`() {
    let example = ExampleTree()
    #expect(!example.reserve(5, .max))
    #expect(!example.reserve(5, 1 << 52))
    #expect(example.ends == [])
    #expect(example.reserve(5, (1 << 52) - 1))
    #expect(example.ends == [5...((1 << 52) - 1)])
  }

  @Test func `of pfn 0 leaves the rest to be allocated`() {
    for revision in Revision.all {
      let example = ExampleTree(revision)
      #expect(example.reserve(0, 0))
      #expect(example.allocate(2, 3) == 2, "\(revision.name)")
      #expect(example.allocate(2, 3) == nil, "\(revision.name)")
    }
  }

  @Test func `is copied range by range, without the anchor`() {
    let source = ExampleTree()
    #expect(source.reserve(4, 6))
    #expect(source.reserve(20, 22))
    let copy = ExampleTree()
    #expect(copy.reserve(5, 9))
    var told: [String] = []
    let isCopied = copy.tree.copyReserved(
      from: source.tree, highest: UInt64.max >> 12, isGranted: { true },
      reserved: { told.append("\($0) \($1)") })
    #expect(isCopied)
    #expect(copy.ends == [4...9, 20...22])
    #expect(told == ["0x4...0x6 true", "0x14...0x16 true"])
  }

  @Test func `ends at the first range for which there is no memory`() {
    let source = ExampleTree()
    for lo in [4, 20, 30] as [UInt64] { #expect(source.reserve(lo, lo + 2)) }
    let copy = ExampleTree()
    var credit = 1
    var told: [Bool] = []
    let isCopied = copy.tree.copyReserved(
      from: source.tree, highest: UInt64.max >> 12,
      isGranted: {
        credit -= 1
        return credit >= 0
      }, reserved: { told.append($1) })
    #expect(!isCopied)
    #expect(told == [true, false])
    #expect(copy.ends == [4...6])
  }
}

@Suite struct `Splitting a range` {
  @Test(
    arguments: [
      (5, 6, [4...4, 7...9]), (4, 6, [7...9]), (7, 9, [4...6]), (4, 9, []),
    ] as [(UInt64, UInt64, [ClosedRange<UInt64>])])
  func `leaves what is left and right of the part`(
    lo: UInt64, hi: UInt64, rest: [ClosedRange<UInt64>]
  ) {
    let example = ExampleTree()
    #expect(example.allocate(6, 9) == 4)
    #expect(example.split(lo, hi))
    #expect(example.ends == rest)
    #expect(example.tree.liveNodes == rest.count + 1)
    #expect(example.cached == [nil, nil])
  }

  @Test(arguments: 0..<2)
  func `changes nothing when memory for a piece fails`(granted: Int) {
    let example = ExampleTree()
    #expect(example.allocate(6, 9) == 4)
    #expect(!example.split(5, 6, granted: granted))
    #expect(example.ends == [4...9])
    #expect(example.tree.liveNodes == 2)
    #expect(example.cached == [nil, 4])
  }

  @Test func `is refused for a part of two ranges, of none, and of the anchor`() {
    let example = ExampleTree()
    #expect(example.allocate(6, 9) == 4)
    #expect(!example.split(8, 10))
    #expect(!example.split(3, 4))
    #expect(!example.split(.max, .max))
    #expect(example.ends == [4...9])
  }
}

@Suite struct `A tree without an anchor` {
  @Test func `starts at the highest range, unless the limit was the 32-bit one`() {
    let example = ExampleTree(.linux4_13)
    #expect(example.allocate(1, 100) == 100)
    #expect(example.cached == [nil, nil])
    #expect(example.allocate(1, 15) == 15)
    #expect(example.cached == [nil, 15])
  }

  @Test func `raises a lower limit to its cached node, up to 4_14`() {
    let example = ExampleTree(.linux4_13)
    #expect(example.allocate(1, 15) == 15)
    #expect(example.allocate(1, 7) == 14)
    #expect(example.cached == [nil, 15])
  }

  @Test func `forgets its cached node when the next one is high, or there is none`() {
    let example = ExampleTree(.linux4_13)
    #expect(example.allocate(1, 15) == 15)
    example.free(15)
    #expect(example.cached == [nil, nil])
    #expect(example.allocate(1, 100) == 100)
    #expect(example.allocate(1, 15) == 15)
    example.free(15)
    #expect(example.cached == [nil, nil])
  }

  @Test func `frees everything in any order`() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
      let example = ExampleTree(.linux4_13)
      for lo in [15, 14, 13] as [UInt64] { #expect(example.allocate(1, 15) == lo) }
      for index in order { #expect(example.free(UInt64(13 + index)) != nil) }
      #expect(example.tree.oops == nil)
      #expect(example.ends == [])
      #expect(example.tree.liveNodes == 0)
    }
  }
}
