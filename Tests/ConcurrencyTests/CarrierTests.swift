import Generators
import Testing

@Suite struct `A carrier` {
  @Test func `exists, and the fastest one here is no thread`() {
    #expect(CarrierKind.available.contains(.dispatch))
    #if os(Linux) && arch(x86_64)
      #expect(CarrierKind.fastest == .ownSwitch)
      #expect(CarrierKind.available == CarrierKind.allCases)
    #endif
  }

  @Test func `gives the trace that all others give, each time`() {
    let toys = CarrierKind.available.map { kind in
      CarrierToy(kind.carrier(cpus: 3), steps: [4, 5, 6])
    }
    for seed in 0..<1_000 {
      var traces: Set<[UInt8]> = []
      for toy in toys + toys {
        toy.run(Seed(UInt64(seed)))
        traces.insert(toy.trace)
      }
      #expect(traces.count == 1, "seed \(seed)")
    }
  }
}
