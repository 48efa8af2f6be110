import IOVA
import Invariants
import Testing

/// A tree shaped by ranks alone: what matters to it is between which neighbours a range goes.
private struct Sapling: ~Copyable {
  var owner: RangeTree
  private(set) var ranges: [PFNRange] = []

  enum Step: Hashable {
    case insert(rank: Int)
    case remove(rank: Int)
  }

  init() {
    var rules = Revision.current.search
    rules.anchor = false
    owner = RangeTree(rules, start: 1, boundary: 1 << 20, faults: .none)
  }

  mutating func take(_ step: Step) {
    switch step {
    case .insert(let rank):
      // In the middle between its neighbours, so that there is room for many more.
      let floor = rank == 0 ? 0 : ranges[rank - 1].hi.raw
      let ceiling = rank == ranges.count ? UInt64.max : ranges[rank].lo.raw
      insert(PFNRange(PFN(floor + (ceiling - floor) / 2), pages: 2))
    case .remove(let rank): remove(ranges[rank])
    }
  }

  mutating func insert(_ range: PFNRange) {
    let rank = ranges.firstIndex { $0.lo > range.lo } ?? ranges.count
    let node = owner.slab.allocate(range.lo.raw, range.hi.raw)
    owner.tree.insert(node, before: owner.tree.lowest(reaching: range.lo.raw))
    ranges.insert(range, at: rank)
  }

  mutating func remove(_ range: PFNRange) {
    guard let node = owner.tree.find(range.lo.raw) else { return }
    owner.tree.remove(node)
    owner.slab.release(node)
    ranges.removeAll { $0 == range }
  }

  /// The children and colours, which decide what any later step does.
  var shape: [[Int]] {
    owner.snapshot().nodes.map { [$0.left ?? -1, $0.right ?? -1, $0.isRed ? 1 : 0] }
  }

  /// What is wrong with the tree; nil if nothing.
  var fault: String? {
    let snapshot = owner.snapshot()
    for law in [Invariant<TreeSnapshot>.rangesAreOrdered, .treeIsRedBlack, .rangesAreDisjoint] {
      if let violation = law.judge(snapshot) {
        return "\(violation.law.name): \(violation.evidence)"
      }
    }
    if snapshot.nodes.map(\.range) != ranges { return "the ranges are not those put in" }
    if owner.slab.live != ranges.count { return "\(owner.slab.live) nodes exist" }
    return threadingFault ?? lookupFault
  }

  private var threadingFault: String? {
    var upwards: [PFNRange] = []
    var downwards: [PFNRange] = []
    var cursor = owner.tree.first
    while let node = cursor, upwards.count <= ranges.count {
      upwards.append(node.range)
      cursor = node.next
    }
    cursor = owner.tree.last
    while let node = cursor, downwards.count <= ranges.count {
      downwards.append(node.range)
      cursor = node.previous
    }
    if upwards != ranges { return "from the lowest up there are \(upwards)" }
    if downwards != ranges.reversed() { return "from the highest down there are \(downwards)" }
    return owner.tree.count == ranges.count ? nil : "the tree says \(owner.tree.count)"
  }

  private var lookupFault: String? {
    for (rank, range) in ranges.enumerated() {
      let lower = rank == 0 ? nil : ranges[rank - 1]
      for pfn in [range.lo.raw, range.hi.raw] where owner.tree.find(pfn)?.range != range {
        return "\(PFN(pfn)) is not found"
      }
      let below = range.lo.raw - 1
      let holder = owner.tree.find(below)?.range
      if holder != (lower?.contains(PFN(below)) == true ? lower : nil) {
        return "\(PFN(below)) is found in \(String(describing: holder))"
      }
      if owner.tree.lowest(reaching: lower.map { $0.hi.raw + 1 } ?? 0)?.range != range {
        return "\(range) is not the lowest above its neighbour"
      }
    }
    let top = ranges.last.map { $0.hi.raw + 1 } ?? 0
    return owner.tree.lowest(reaching: top) == nil ? nil : "something lies above all ranges"
  }
}

@Suite struct `A red-black tree` {
  /// Every shape with up to `most` ranges that any sequence of steps leads to, and a way there.
  ///
  /// What a step does depends on the shape alone, so that this covers sequences of any length.
  private func explore(upTo most: Int) -> (shapes: Int, steps: Int, fault: String?) {
    var known: Set<[[Int]]> = [[]]
    var frontier: [[Sapling.Step]] = [[]]
    var steps = 0
    while let path = frontier.popLast() {
      let count = path.reduce(0) { count, step in
        if case .insert = step { count + 1 } else { count - 1 }
      }
      var nexts = (0..<count).map { Sapling.Step.remove(rank: $0) }
      if count < most { nexts += (0...count).map { .insert(rank: $0) } }
      for next in nexts {
        steps += 1
        var tree = Sapling()
        for step in path + [next] { tree.take(step) }
        if let fault = tree.fault { return (known.count, steps, "\(fault) after \(path + [next])") }
        if known.insert(tree.shape).inserted { frontier.insert(path + [next], at: 0) }
      }
    }
    return (known.count, steps, nil)
  }

  @Test func `is lawful in each state that steps among up to nine ranges lead to`() {
    let (shapes, steps, fault) = explore(upTo: 9)
    #expect(fault == nil)
    // Of the 213 red-black trees of up to nine nodes that could be drawn, no step leads to the
    // rest.
    #expect(shapes == 172)
    #expect(steps == 2_178)
  }

  @Test func `is lawful after each step of all orders of seven insertions and their removal`() {
    var orders = 0
    forEachPermutation(of: 7) { order in
      orders += 1
      var tree = Sapling()
      for number in order { tree.insert(PFNRange(PFN(UInt64(number) * 4 + 4), pages: 3)) }
      // The laws of the states in between are those of the test above.
      #expect(tree.fault == nil, "\(order)")
      for number in order.prefix(6) {
        tree.remove(PFNRange(PFN(UInt64(number) * 4 + 4), pages: 3))
      }
      #expect(tree.fault == nil, "\(order)")
    }
    #expect(orders == 5_040)
  }

  @Test func `keeps the memory of a node that was released, and gives it out again`() {
    var slab = NodeSlab()
    let first = slab.allocate(1, 2)
    slab.release(first)
    #expect(slab.live == 0)
    #expect(!first.isLinked)
    #expect(slab.allocate(3, 4) == first)
    #expect(slab.capacity == 32)
  }

  @Test func `hands out the same nodes in the same order after a reset`() {
    var slab = NodeSlab()
    // More than the chunks that double can hold.
    let count = 300_000
    let nodes = (0..<UInt64(count)).map { slab.allocate($0, $0) }
    for node in nodes.prefix(40) { slab.release(node) }
    slab.reset()
    #expect(slab.live == 0)
    let capacity = slab.capacity
    #expect((0..<UInt64(count)).allSatisfy { slab.allocate($0, $0) == nodes[Int($0)] })
    #expect(slab.live == count)
    #expect(slab.capacity == capacity)
  }
}

/// Calls `body` with each order of `0..<count` (Heap's algorithm).
private func forEachPermutation(of count: Int, _ body: ([Int]) -> Void) {
  var order = Array(0..<count)
  var turns = Array(repeating: 0, count: count)
  body(order)
  var index = 1
  while index < count {
    if turns[index] < index {
      order.swapAt(index % 2 == 0 ? 0 : turns[index], index)
      body(order)
      turns[index] += 1
      index = 1
    } else {
      turns[index] = 0
      index += 1
    }
  }
}
