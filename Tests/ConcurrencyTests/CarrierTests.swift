import Dispatch
import Generators
import Testing

@Suite struct `A carrier` {
  @Test func `exists everywhere, and here is no thread`() {
    #expect(CarrierKind.available.contains(.dispatch))
    #if os(Linux) && arch(x86_64)
      #expect(CarrierKind.available == CarrierKind.allCases)
    #endif
    for kind in CarrierKind.allCases { #expect(kind.carrier(cpus: 2).cpus == 2) }
  }

  @Test func `gives the trace that all others give, each time`() {
    expectOneTrace(steps: [4, 5, 6], seeds: 1_000)
  }

  @Test(arguments: CarrierKind.available)
  func `gives the trace that it gave in any other process`(kind: CarrierKind) {
    let toy = CarrierToy(kind.carrier(cpus: 3), steps: [3, 3, 3])
    toy.run(Seed(42))
    #expect(toy.trace.map(String.init).joined() == "200102021211")
  }

  @Test(arguments: 1...8)
  func `carries any number of CPUs`(cpus: Int) {
    expectOneTrace(steps: Array(repeating: 5, count: cpus), seeds: 20)
  }

  @Test(arguments: [[0], [0, 0, 0], [0, 6, 0], [1, 9], [9, 0, 3, 0], [0, 1, 2, 3, 4, 5, 6, 7]])
  func `carries bodies that return early`(steps: [Int]) {
    expectOneTrace(steps: steps, seeds: 20)
  }

  @Test func `carries fewer CPUs than it could, and as many as anybody can`() {
    expectOneTrace(steps: [3, 3], seeds: 20, cpus: 5)
    expectOneTrace(steps: Array(repeating: 2, count: mostCarriedCPUs), seeds: 2)
  }

  @Test(arguments: CarrierKind.available)
  func `lets one CPU run at a time, each to its end`(kind: CarrierKind) {
    let log = CarrierLog<Void>()
    let toy = CarrierToy(kind.carrier(cpus: 4), steps: [3, 3, 3, 3], schedule: .inTurn) {
      log.note($0, ())
    }
    toy.run(Seed(1))
    #expect(log.cpus == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3])
    #expect(toy.trace == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3])
  }

  @Test(arguments: CarrierKind.available)
  func `works for several workers side by side`(kind: CarrierKind) {
    let expected = expectedTraces(40)
    let group = DispatchGroup()
    for worker in 0..<8 {
      DispatchQueue(label: "worker\(worker)").async(group: group) {
        let toy = CarrierToy(kind.carrier(cpus: 3), steps: [4, 4, 4])
        for _ in 0..<5 {
          for (seed, trace) in expected.enumerated() {
            toy.run(Seed(UInt64(seed)))
            if toy.trace != trace { Issue.record("\(kind), seed \(seed)") }
          }
        }
      }
    }
    group.wait()
  }

  @Test(arguments: CarrierKind.available)
  func `may be used by another thread for the next execution`(kind: CarrierKind) {
    let expected = expectedTraces(20)
    let moved = MovedToy(CarrierToy(kind.carrier(cpus: 3), steps: [4, 4, 4]))
    for (seed, trace) in expected.enumerated() {
      // A queue of its own each time, and a thread that has no time to be reused.
      let queues = (0..<2).map { DispatchQueue(label: "worker\($0)") }
      for queue in queues {
        queue.sync { moved.toy.run(Seed(UInt64(seed))) }
        #expect(moved.toy.trace == trace)
      }
      let group = DispatchGroup()
      queues[0].async(group: group) { moved.toy.run(Seed(UInt64(seed))) }
      group.wait()
      #expect(moved.toy.trace == trace)
    }
  }

  @Test(arguments: CarrierKind.available)
  func `ends when nobody needs it any more, and gives its memory back`(kind: CarrierKind) {
    for round in 0..<100 {
      weak var carrier: (any Carrier)?
      do {
        let toy: CarrierToy
        do {
          let strong = kind.carrier(cpus: 3)
          carrier = strong
          toy = CarrierToy(strong, steps: [2, 2, 2])
        }
        if round % 2 == 0 { toy.run(Seed(1)) }
      }
      #expect(carrier == nil)
    }
  }

  @Test func `is measured`() {
    let rows = CarrierBench.run(.milliseconds(20))
    #expect(rows.count == 3 * CarrierKind.available.count)
    for row in rows { #expect(row.value > 0) }
  }

  /// Runs the same programs on all carriers, twice.
  private func expectOneTrace(
    steps: [Int], seeds: UInt64, cpus: Int? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let toys = CarrierKind.available.map { kind in
      CarrierToy(kind.carrier(cpus: cpus ?? steps.count), steps: steps)
    }
    for seed in 0..<seeds {
      var traces: Set<[UInt8]> = []
      for toy in toys + toys {
        toy.run(Seed(seed))
        traces.insert(toy.trace)
      }
      #expect(traces.count == 1, "seed \(seed)", sourceLocation: sourceLocation)
      #expect(
        traces.first?.count == 1 + steps.reduce(steps.count - 1, +), sourceLocation: sourceLocation)
    }
  }

  private func expectedTraces(_ seeds: UInt64) -> [[UInt8]] {
    let toy = CarrierToy(CarrierKind.dispatch.carrier(cpus: 3), steps: [4, 4, 4])
    return (0..<seeds).map { seed in
      toy.run(Seed(seed))
      return toy.trace
    }
  }
}

/// A toy that goes from thread to thread; each waits for the one before.
private struct MovedToy: @unchecked Sendable {
  let toy: CarrierToy
  init(_ toy: CarrierToy) { self.toy = toy }
}
