import Generators
import IOVA
import Invariants
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct `A carrier's stack` {
  /// Where the worker's own code would crash if its stack were off by 8.
  @Test(arguments: CarrierKind.available)
  func `is aligned as compiled code expects`(kind: CarrierKind) {
    let texts = CarrierLog<String>()
    let offsets = CarrierLog<UInt>()
    let toy = CarrierToy(kind.carrier(cpus: 2), steps: [3, 3], schedule: .inTurn) { cpu in
      var vector = SIMD4<Float>(1, 2, 3, Float(cpu))
      offsets.note(cpu, withUnsafeMutablePointer(to: &vector) { UInt(bitPattern: $0) % 16 })
      vector *= vector
      // Printing a floating-point number keeps vectors on the stack, in C and in Swift.
      texts.note(cpu, "\(Double(vector.sum()) / 3) \(1.5e300) \(Float(0.1))")
    }
    toy.run(Seed(1))
    #expect(offsets.values == Array(repeating: 0, count: 6))
    #expect(texts.values(of: 0) == Array(repeating: "4.666666666666667 1.5e+300 0.1", count: 3))
    #expect(texts.values(of: 1) == Array(repeating: "5.0 1.5e+300 0.1", count: 3))
  }

  @Test(arguments: CarrierKind.available)
  func `has room for a deep recursion that stops halfway down`(kind: CarrierKind) {
    let carrier = kind.carrier(cpus: 3)
    for _ in 0..<10 {
      let results = CarrierLog<UInt64>()
      carrier.run(
        3, first: 0,
        body: { cpu in
          let sum = Recursion.sum(Recursion.depth, UInt64(cpu)) {
            if cpu < 2 { carrier.handOver(from: cpu, to: cpu + 1) }
          }
          results.note(cpu, sum)
        },
        successor: { $0 == 0 ? nil : $0 - 1 })
      #expect(results.cpus == [2, 1, 0])
      #expect(results.values == [2, 1, 0].map { UInt64(Recursion.depth) * $0 })
    }
  }

  /// Two programs on a domain each, side by side, with more on the stack than any toy has.
  @Test(arguments: CarrierKind.available)
  func `has room for the allocator and its laws`(kind: CarrierKind) throws {
    let carrier = kind.carrier(cpus: 2)
    for seed in try Rounds(10) {
      let findings = CarrierLog<Finding?>()
      carrier.run(
        2, first: 0,
        body: { cpu in
          if cpu == 0 { carrier.handOver(from: 0, to: 1) }
          let workload = cpu == 0 ? Workload.everything : .tree
          var source = ChoiceSource(seed: seed)
          let program = ProgramGenerator(workload, cpus: 2, length: 200).draw(from: &source)
          findings.note(cpu, LawBook.finding(in: program))
        },
        successor: { $0 == 1 ? 0 : nil })
      #expect(findings.cpus == [1, 0])
      #expect(findings.values == [nil, nil], seed.line())
    }
  }

  /// Bodies keep many values alive over each hand-over, more than there are registers.
  @Test(arguments: CarrierKind.available)
  func `keeps what a body computes with`(kind: CarrierKind) {
    let carrier = kind.carrier(cpus: 3)
    let expected = (0..<3).map { Mixer.mix(UInt64($0)) {} }
    let results = CarrierLog<UInt64>()
    carrier.run(
      3, first: 0,
      body: { cpu in
        let result = Mixer.mix(UInt64(cpu)) {
          carrier.handOver(from: cpu, to: (cpu + 1) % 3)
        }
        results.note(cpu, result)
      },
      successor: { $0 == 2 ? nil : $0 + 1 })
    #expect(results.values == expected)
  }

  #if canImport(Glibc) && arch(x86_64)
    /// Of the two floating-point units, one asks MXCSR and the other the x87 control word.
    @Test(arguments: CarrierKind.available)
    func `keeps how each body rounds`(kind: CarrierKind) {
      let (toNearest, down, up): (Int32, Int32, Int32) = (0, 0x400, 0x800)
      let modes = [down, up, toNearest]
      let numbers = UnsafeMutablePointer<Double>.allocate(capacity: 2)
      defer { numbers.deallocate() }
      (numbers[0], numbers[1]) = (1, 3)
      let third = numbers[0] / numbers[1]
      let wrong = CarrierLog<Double>()
      let carrier = kind.carrier(cpus: 3)
      carrier.run(
        3, first: 0,
        body: { cpu in
          fesetround(modes[cpu])
          for _ in 0..<20 {
            if cpu < 2 { carrier.handOver(from: cpu, to: cpu + 1) }
            if fegetround() != modes[cpu] { wrong.note(cpu, Double(fegetround())) }
            // Rounding up is the one that differs: a third is a little more than its double.
            let quotient = numbers[0] / numbers[1]
            if (quotient > third) != (modes[cpu] == up) { wrong.note(cpu, quotient) }
            if cpu == 2 { carrier.handOver(from: 2, to: 0) }
          }
          fesetround(toNearest)
        },
        successor: { $0 == 2 ? nil : $0 + 1 })
      #expect(wrong.values == [])
      #expect(fegetround() == toNearest)
    }
  #endif
}

private enum Recursion {
  static let depth = 64

  /// Adds `value` up in `depth` frames of at least 256 bytes, and stops in the deepest.
  @inline(never)
  static func sum(_ depth: Int, _ value: UInt64, _ stop: () -> Void) -> UInt64 {
    if depth == 0 {
      stop()
      return 0
    }
    var vector = SIMD32<UInt64>(repeating: value)
    return withUnsafeMutablePointer(to: &vector) { pointer in
      let rest = sum(depth - 1, value, stop)
      return rest + pointer.pointee[depth % 32]
    }
  }
}

private enum Mixer {
  @inline(never)
  static func mix(_ seed: UInt64, _ stop: () -> Void) -> UInt64 {
    var numbers = SplitMix64(Seed(seed))
    var (a, b, c, d) = (numbers.next(), numbers.next(), numbers.next(), numbers.next())
    var (e, f, g, h) = (numbers.next(), numbers.next(), numbers.next(), numbers.next())
    var (x, y) = (Double(a >> 12), Double(b >> 12))
    for _ in 0..<20 {
      stop()
      (a, b, c, d) = (b &+ e, c ^ f, d &* (g | 1), a &- h)
      (e, f, g, h) = (f &+ a, g ^ b, h &* (c | 1), e &- d)
      (x, y) = (y + 1, x * 0.5)
    }
    return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ x.bitPattern ^ y.bitPattern
  }
}
