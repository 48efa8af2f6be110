import Generators
import IOVA
import Testing

/// Sums, bits and bounds of an atomic integer, before and after.
private func changes<Value: StageInteger>(of type: Value.Type) -> [[Value]] {
  let value = Stage.Atomic<Value>(6)
  let changes: [(oldValue: Value, newValue: Value)] = [
    value.add(5, ordering: .relaxed), value.subtract(1, ordering: .relaxed),
    value.bitwiseAnd(6, ordering: .relaxed), value.bitwiseOr(9, ordering: .relaxed),
    value.bitwiseXor(3, ordering: .relaxed), value.min(5, ordering: .relaxed),
    value.max(7, ordering: .relaxed), value.wrappingSubtract(7, ordering: .relaxed),
    value.wrappingSubtract(1, ordering: .relaxed), value.wrappingAdd(1, ordering: .relaxed),
  ]
  return changes.map { [$0.oldValue, $0.newValue] }
}

@Suite struct `An atomic of a stage` {
  private func expected<Value: StageInteger>(_ type: Value.Type) -> [[Value]] {
    [
      [6, 11], [11, 10], [10, 2], [2, 11], [11, 8], [8, 5], [5, 7], [7, 0],
      [0, 0 &- 1], [0 &- 1, 0],
    ]
  }

  @Test func `changes integers of any size as the library's does`() {
    #expect(changes(of: Int.self) == expected(Int.self))
    #expect(changes(of: UInt.self) == expected(UInt.self))
    #expect(changes(of: Int8.self) == expected(Int8.self))
    #expect(changes(of: UInt8.self) == expected(UInt8.self))
    #expect(changes(of: Int16.self) == expected(Int16.self))
    #expect(changes(of: UInt16.self) == expected(UInt16.self))
    #expect(changes(of: Int32.self) == expected(Int32.self))
    #expect(changes(of: UInt32.self) == expected(UInt32.self))
    #expect(changes(of: Int64.self) == expected(Int64.self))
    #expect(changes(of: UInt64.self) == expected(UInt64.self))
  }

  @Test func `turns on, off and over`() {
    let flag = Stage.Atomic(true)
    #expect(flag.logicalAnd(false, ordering: .relaxed) == (oldValue: true, newValue: false))
    #expect(flag.logicalOr(true, ordering: .relaxed) == (oldValue: false, newValue: true))
    #expect(flag.logicalXor(true, ordering: .relaxed) == (oldValue: true, newValue: false))
  }

  @Test func `exchanges only what is as expected, off a stage and on it`() throws {
    let value = Stage.Atomic<UInt16>(1)
    let strong = value.compareExchange(
      expected: 2, desired: 3, successOrdering: .releasing, failureOrdering: .relaxed)
    #expect(strong == (exchanged: false, original: 1))
    // May fail where nothing is wrong.
    while !value.weakCompareExchange(expected: 1, desired: 4, ordering: .relaxed).exchanged {}
    #expect(value.load(ordering: .relaxed) == 4)
    let proof = try members(.changedAtOnce).prove(threads: 2, operations: 2)
    #expect(proof.isProof && proof.programs == proof.exhausted)
  }

  /// A set of small numbers in the bits of a word.
  private final class Members: Sendable {
    enum Manner { case changedAtOnce, readThenWritten }

    private let bits = Stage.Atomic<UInt8>(0, "bits")
    private let manner: Manner

    init(_ manner: Manner) { self.manner = manner }

    /// Whether the number is new.
    func insert(_ number: UInt8) -> Bool {
      let bit: UInt8 = 1 << number
      switch manner {
      case .changedAtOnce:
        return bits.bitwiseOr(bit, ordering: .acquiringAndReleasing).oldValue & bit == 0
      case .readThenWritten:
        let old = bits.load(ordering: .acquiring)
        bits.store(old | bit, ordering: .releasing)
        return old & bit == 0
      }
    }

    func remove(_ number: UInt8) -> Bool {
      let bit: UInt8 = 1 << number
      return bits.bitwiseAnd(~bit, ordering: .acquiringAndReleasing).oldValue & bit != 0
    }
  }

  private func members(_ manner: Members.Manner) -> Interleavings<Members, Members> {
    Interleavings("members", settings: PropertySettings(seed: Seed(1)), folder: .nowhere) {
      Members(manner)
    }
    .operation("insert", .integers(in: 0...1)) { $0.insert(UInt8($1)) }
    .operation("remove", .integers(in: 0...1)) { $0.remove(UInt8($1)) }
  }

  @Test func `shows who reads and writes what another changes in between`() throws {
    let failure = try #require(throws: InterleavingFailure.self) {
      try members(.readThenWritten).check()
    }
    #expect(failure.law == "the calls have an order" && failure.calls == 2)
    #expect(failure.description.contains("stores bits"))
  }
}
