import Generators
import IOVA
import Invariants
import Testing

/// The lowest run of free pfns that fits, found by trying every pfn.
private func roomByTrying(
  _ pages: UInt64, start: UInt64, limit: UInt64, aligned: Bool, taken: [PFNRange]
) -> PFNRange? {
  var unit: UInt64 = 1
  while aligned, unit < pages { unit *= 2 }
  for lo in stride(from: start, to: limit, by: 1) where lo % unit == 0 && lo + pages <= limit {
    let run = PFNRange(PFN(lo), pages: pages)
    if !taken.contains(where: { $0.overlaps(run) }) { return run }
  }
  return nil
}

@Suite struct `Room for a request` {
  @Test func `is what trying every pfn finds, among all sets of taken pfns below 8`() {
    var questions = 0
    for bits in 0..<256 as Range<UInt64> {
      let taken = runs(bits)
      for start in 1...3 as ClosedRange<UInt64> {
        for limit in start...8 {
          for pages in 1...5 as ClosedRange<UInt64> {
            for aligned in [false, true] {
              questions += 1
              let room = Room(pages: pages, start: start, limit: limit, aligned: aligned)
              let expected = roomByTrying(
                pages, start: start, limit: limit, aligned: aligned, taken: taken)
              if room.find(among: taken) != expected {
                Issue.record("\(room) among \(taken) is not \(String(describing: expected))")
              }
            }
          }
        }
      }
    }
    #expect(questions == 256 * (8 + 7 + 6) * 10)
  }

  /// The runs of ones as ranges.
  private func runs(_ bits: UInt64) -> [PFNRange] {
    var runs: [PFNRange] = []
    for pfn in 0..<8 as Range<UInt64> where bits >> pfn & 1 == 1 {
      if let last = runs.last, last.hi.raw + 1 == pfn {
        runs[runs.count - 1].hi = PFN(pfn)
      } else {
        runs.append(PFNRange(PFN(pfn), pages: 1))
      }
    }
    return runs
  }

  @Test func `ends where the numbers do`() {
    let top = PFNRange(PFN(.max), through: PFN(.max))
    let room = Room(pages: 1, start: .max - 1, limit: .max, aligned: false)
    #expect(room.find(among: [top]) == PFNRange(PFN(.max - 1), pages: 1))
    let wide = Room(pages: 3, start: .max - 2, limit: .max, aligned: true)
    #expect(wide.find(among: []) == nil)
    let whole = Room(pages: .max, start: 0, limit: .max, aligned: false)
    #expect(whole.find(among: [])?.hi == PFN(.max - 1))
    let aligned = Room(pages: 1 << 63, start: 1, limit: .max, aligned: true)
    #expect(aligned.find(among: []) == nil)
  }
}

@Suite struct `The naive allocator` {
  @Test func `refuses what overlaps, and names it`() {
    var naive = NaiveAllocator()
    let range = PFNRange(PFN(4), through: PFN(6))
    #expect(naive.take(range) == nil)
    for (lo, hi) in [(1, 4), (6, 9), (5, 5), (3, 7), (4, 6)] as [(UInt64, UInt64)] {
      #expect(naive.take(PFNRange(PFN(lo), through: PFN(hi))) == range)
    }
    #expect(naive.take(PFNRange(PFN(2), through: PFN(3))) == nil)
    #expect(naive.take(PFNRange(PFN(7), through: PFN(7))) == nil)
    #expect(naive.taken.map(\.range.lo.raw) == [2, 4, 7])
  }

  @Test func `removes and marks only what begins at the pfn`() {
    var naive = NaiveAllocator()
    naive.take(PFNRange(PFN(4), through: PFN(6)))
    #expect(naive.remove(PFN(5)) == nil)
    #expect(naive.mark(PFN(6), .parked) == nil)
    #expect(naive.mark(PFN(4), .parked) == .held)
    #expect(naive.mark(PFN(4), .held) == .parked)
    #expect(naive.remove(PFN(4)) == PFNRange(PFN(4), through: PFN(6)))
    #expect(naive.taken.isEmpty)
  }

  @Test func `finds room under what is parked only if it may`() {
    var naive = NaiveAllocator()
    naive.take(PFNRange(PFN(1), through: PFN(15)), .parked)
    let limit = AddressLimit(PFN(15))
    func room(ignoringParked: Bool) -> PFNRange? {
      naive.room(4, start: PFN(1), limit: limit, aligned: true, ignoringParked: ignoringParked)
    }
    #expect(room(ignoringParked: false) == nil)
    #expect(room(ignoringParked: true) == PFNRange(PFN(4), pages: 4))
  }

  @Test func `reserves the gaps that nothing covers`() {
    var naive = NaiveAllocator()
    naive.take(PFNRange(PFN(4), through: PFN(5)))
    naive.take(PFNRange(PFN(8), through: PFN(8)))
    naive.reserve(PFNRange(PFN(2), through: PFN(9)))
    let reserved = naive.taken.filter { $0.use == .reserved }.map(\.range.description)
    #expect(reserved == ["0x2...0x3", "0x6...0x7", "0x9"])
  }
}

@Suite struct `The tree and the reference search` {
  /// What a step does to both; small sizes, so that all sequences of them can be taken.
  private enum Step: CaseIterable {
    case one, three, alignedTwo, low, high, freeLowest, freeHighest, freeSecond
  }

  private func take(
    _ step: Step, _ example: ExampleTree, _ reference: inout ReferenceSearch
  ) -> String? {
    switch step {
    case .one: allocate(1, 8, false, example, &reference)
    case .three: allocate(3, 8, false, example, &reference)
    case .alignedTwo: allocate(2, 8, true, example, &reference)
    case .low: allocate(1, 4, false, example, &reference)
    case .high: allocate(2, 11, false, example, &reference)
    case .freeLowest: free(example.tree.ranges.first, example, &reference)
    case .freeHighest: free(example.tree.ranges.last, example, &reference)
    case .freeSecond: free(example.tree.ranges.dropFirst().first, example, &reference)
    }
  }

  /// - Parameter limit: exclusive.
  /// - Returns: how they differ, nil if not.
  private func allocate(
    _ pages: UInt64, _ limit: UInt64, _ aligned: Bool, _ example: ExampleTree,
    _ reference: inout ReferenceSearch
  ) -> String? {
    let expected = reference.answer(pages, limit, aligned: aligned)
    let lo = example.allocate(pages, limit - 1, aligned: aligned)
    let search = example.tree.search
    let found = ReferenceSearch.Answer(
      range: lo.map { PFNRange(PFN($0), pages: pages) }, visits: search.visits,
      isByShortcut: search.wasShortcut, tookSecondPass: search.usedSecondPass)
    return found == expected ? nil : "\(found.words), not \(expected.words)"
  }

  private func free(
    _ range: PFNRange?, _ example: ExampleTree, _ reference: inout ReferenceSearch
  ) -> String? {
    guard let range else { return nil }
    example.free(range.lo.raw)
    reference.remove(range.lo)
    return nil
  }

  @Test(arguments: Revision.all.map(\.name))
  func `agree on all sequences of five steps, from every one of eight`(name: String) throws {
    let revision = try #require(Revision.named(name))
    let steps = Step.allCases
    for number in 0..<(steps.count * steps.count * steps.count * steps.count * steps.count) {
      let example = ExampleTree(revision, boundary: 8)
      var reference = ReferenceSearch(revision.search, start: 1, boundary: 8)
      var rest = number
      for _ in 0..<5 {
        let difference = take(steps[rest % steps.count], example, &reference)
        // A crash has no answer.
        if example.tree.oops != nil { break }
        if let difference { Issue.record("sequence \(number): \(difference)") }
        rest /= steps.count
      }
      if example.tree.oops != nil { continue }
      if reference.nodes.filter({ $0.lo.raw < .max }) != example.tree.ranges {
        Issue.record("sequence \(number): other ranges")
      }
      let cached = [reference.cached, reference.cached32]
      if cached.map({ $0?.raw == .max ? nil : $0?.raw }) != example.cached {
        Issue.record("sequence \(number): other cached nodes")
      }
      if [reference.max32, reference.max32Unaligned]
        != [example.tree.max32, example.tree.max32Unaligned]
      {
        Issue.record("sequence \(number): another shortcut")
      }
    }
  }

  @Test func `agree on reservations in any order`() {
    let ranges = [(3, 5), (5, 9), (1, 2), (8, 12)].map { PFNRange(PFN($0), through: PFN($1)) }
    for number in 0..<256 {
      let example = ExampleTree()
      var reference = ReferenceSearch(Revision.linux6_12.search, start: 1, boundary: 16)
      for place in 0..<4 {
        let range = ranges[number >> (place * 2) & 3]
        #expect(example.reserve(range.lo.raw, range.hi.raw))
        reference.reserve(range)
      }
      #expect(example.tree.ranges[...] == reference.nodes.dropLast())
    }
  }
}

@Suite struct `A search on current` {
  @Test func `fails only if trying every pfn fails, in all small trees`() {
    // Every set of taken pfns below 10 that can be made by single pages, and every request.
    for bits in 0..<512 as Range<UInt64> {
      for limit in [5, 9] as [UInt64] {
        for (pages, aligned) in [(1, false), (2, true), (3, false), (3, true)] as [(UInt64, Bool)] {
          let example = ExampleTree(.current, boundary: 8)
          for pfn in 1..<10 as Range<UInt64> where bits >> (pfn - 1) & 1 == 1 {
            _ = example.allocate(1, pfn)
          }
          let taken = example.tree.ranges
          let lo = example.allocate(pages, limit, aligned: aligned)
          let room = roomByTrying(
            pages, start: 1, limit: limit + 1, aligned: aligned, taken: taken)
          if (lo == nil) != (room == nil) {
            Issue.record("\(pages) pages up to \(limit) among \(taken)")
          }
        }
      }
    }
  }
}
