import IOVA
import Testing

@Suite struct `A magazine` {
  private func magazine(_ entries: [UInt64], capacity: Int = 4) -> Magazine {
    let magazine = Magazine(capacity: capacity)
    for entry in entries { magazine.push(entry) }
    return magazine
  }

  private func expectEntries(
    _ magazine: Magazine, _ entries: [UInt64], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let found = (0..<magazine.count).map { magazine[$0] }
    #expect(found == entries, sourceLocation: sourceLocation)
  }

  @Test func `begins empty and is full with as many entries as it has room for`() {
    let magazine = Magazine(capacity: 3)
    defer { magazine.release() }
    #expect(magazine.isEmpty)
    for count in 1...3 {
      #expect(!magazine.isFull(3))
      magazine.push(UInt64(count))
      #expect(magazine.count == count)
    }
    #expect(magazine.isFull(3))
    expectEntries(magazine, [1, 2, 3])
  }

  @Test func `gives back the newest entry first`() {
    let magazine = magazine([5, 3, 9])
    defer { magazine.release() }
    #expect(magazine.pop(upTo: 100, scan: .whole) == 9)
    #expect(magazine.pop(upTo: 100, scan: .whole) == 3)
    #expect(magazine.pop(upTo: 100, scan: .whole) == 5)
    #expect(magazine.pop(upTo: 100, scan: .whole) == nil)
  }

  @Test func `gives the newest entry that is low enough, and fills its place with the last`() {
    let magazine = magazine([5, 3, 9, 8])
    defer { magazine.release() }
    #expect(magazine.pop(upTo: 5, scan: .whole) == 3)
    expectEntries(magazine, [5, 8, 9])
    #expect(magazine.pop(upTo: 4, scan: .whole) == nil)
    #expect(magazine.pop(upTo: 5, scan: .whole) == 5)
    expectEntries(magazine, [9, 8])
  }

  @Test func `up to 4_17 looks at the newest entry alone`() {
    let magazine = magazine([3, 9])
    defer { magazine.release() }
    #expect(magazine.pop(upTo: 5, scan: .top) == nil)
    #expect(magazine.pop(upTo: 9, scan: .top) == 9)
    #expect(magazine.pop(upTo: 5, scan: .top) == 3)
  }

  @Test func `agrees with an array for each order of pushes and each limit`() {
    for digits in 0..<256 {
      let entries = (0..<4).map { UInt64(digits >> ($0 * 2) & 3 + 1) }
      for limit in 0...5 as ClosedRange<UInt64> {
        let magazine = magazine(entries)
        defer { magazine.release() }
        var array = entries
        var expected: UInt64?
        if let index = array.lastIndex(where: { $0 <= limit }) {
          expected = array[index]
          array.swapAt(index, array.count - 1)
          array.removeLast()
        }
        let popped = magazine.pop(upTo: limit, scan: .whole)
        #expect(popped == expected)
        expectEntries(magazine, array)
      }
    }
  }

  @Test(arguments: [(127, 1024), (128, 2048), (3, 32), (4, 64), (1, 16)])
  func `takes what an allocator that serves powers of two gives`(capacity: Int, bytes: Int) {
    #expect(Magazine.bytes(capacity: capacity) == bytes)
  }

  @Test(
    arguments: [
      (0, [5, 3, 9]), (3, [5, 9]), (5, [9]), (9, []), (UInt64.max, []),
    ] as [(UInt64, [UInt64])])
  func `loses what lies at or below a limit, and keeps the rest in order`(
    limit: UInt64, left: [UInt64]
  ) {
    let magazine = magazine([5, 3, 9])
    defer { magazine.release() }
    #expect(magazine.isAbove(limit) == (left.count == 3))
    magazine.removeAll(upTo: limit)
    expectEntries(magazine, left)
  }

  @Test func `that is empty lies above no limit`() {
    let magazine = magazine([])
    defer { magazine.release() }
    #expect(!magazine.isAbove(0))
  }

  @Test func `is emptied at once`() {
    let magazine = magazine([1, 2, 3])
    defer { magazine.release() }
    magazine.removeAll()
    #expect(magazine.isEmpty)
  }
}

@Suite struct `A depot` {
  private func full(_ number: UInt64) -> Magazine {
    let magazine = Magazine(capacity: 2)
    magazine.push(number)
    magazine.push(number + 1)
    return magazine
  }

  @Test func `gives back the magazine stored last, full again`() {
    var depot = Depot(magazineCapacity: 2)
    let magazines = [10, 20, 30].map { full($0) }
    for magazine in magazines { depot.store(magazine) }
    #expect(depot.length == 3)
    let listed = depot.magazines { _ in true }
    #expect(listed == magazines.reversed())
    for magazine in magazines.reversed() {
      let fetched = depot.fetch()
      #expect(fetched == magazine)
      #expect(magazine.count == 2)
      magazine.release()
    }
    #expect(depot.length == 0)
    #expect(depot.peak == 3)
    #expect(depot.partial == nil)
  }

  @Test func `whose magazines keep their links gives out the number of the next one, R18`() {
    var depot = Depot(magazineCapacity: 2, keepsLinks: true)
    let magazines = [10, 20, 30, 40].map { full($0) }
    for magazine in magazines { depot.store(magazine) }
    for (magazine, count) in zip(magazines.reversed(), [2, 2, 1, 0]) {
      let fetched = depot.fetch()
      #expect(fetched == magazine)
      #expect(magazine.count == count)
      let partial = depot.partial
      #expect(partial == (count == 2 ? nil : count))
      magazine.release()
    }
  }

  @Test func `has nothing to give when it is empty`() {
    var depot = Depot(magazineCapacity: 2)
    let none = depot.fetch()
    #expect(none == nil)
    #expect(depot.length == 0)
  }

  @Test func `whose list became a ring is listed up to one more than its length`() {
    var depot = Depot(magazineCapacity: 2)
    let magazine = full(1)
    defer { magazine.release() }
    depot.store(magazine)
    magazine.link = magazine
    let listed = depot.magazines { _ in true }
    #expect(listed.count == 2)
  }

  @Test func `whose list leads to no magazine is listed up to there`() {
    var depot = Depot(magazineCapacity: 2)
    let magazines = [10, 20].map { full($0) }
    for magazine in magazines { depot.store(magazine) }
    let listed = depot.magazines { $0 == magazines[1] }
    #expect(listed == [magazines[1]])
    for magazine in magazines { magazine.release() }
  }
}
