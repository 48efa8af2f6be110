import Generators
import IOVA
import Testing

@Suite struct `The name of a lock` {
  @Test(arguments: LockRank.allCases)
  func `of any rank is read as it was written`(rank: LockRank) {
    let locks = LockID.all(of: rank, cpus: 3)
    #expect(Set(locks).count == (rank.isOfCPU ? 3 : 1) * (rank.isOfClass ? 6 : 1))
    for lock in locks {
      #expect(LockID(lock.description) == lock)
      for text in [lock.description + " ", " " + lock.description, lock.description + "1"] {
        #expect(LockID(text) == nil, "\(text)")
      }
    }
  }

  @Test(arguments: [
    "", "(", "tree", "rangetree", "rangeTree()", "rangeTree(cpu0)", "depot", "depot(0)",
    "depot(class 256)", "depot(class 01)", "flushRing(cpu65536)", "cpuCache(class 1, cpu0)",
  ])
  func `that is none is refused`(text: String) {
    #expect(LockID(text) == nil)
  }
}

@Suite struct `The protection of a mapping` {
  @Test func `is read as it was written, in each combination`() {
    for raw in 0...Protection.all.rawValue {
      let protection = Protection(rawValue: raw)
      #expect(Protection(protection.description) == protection)
    }
  }

  @Test(arguments: ["", "x", "rw,", "rw,x", "cache", "wr"])
  func `that is none is refused`(text: String) {
    #expect(Protection(text) == nil)
  }
}
