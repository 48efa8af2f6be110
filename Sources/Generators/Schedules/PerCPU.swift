/// A value for each CPU that there may be, at an address of its own: with optimisation, to read or
/// write one checks nothing and counts no references.
///
/// Shared by whoever has it, who has to order accesses.
struct PerCPU<Value: BitwiseCopyable>: ~Copyable, @unchecked Sendable {
  private let values: UnsafeMutablePointer<Value>

  init(_ value: Value) {
    values = .allocate(capacity: CPUSet.capacity)
    values.initialize(repeating: value, count: CPUSet.capacity)
  }

  deinit { values.deallocate() }

  @inline(__always)
  subscript(_ cpu: Int) -> Value {
    get {
      assert(cpu >= 0 && cpu < CPUSet.capacity, "there is no CPU \(cpu)")
      return values[cpu]
    }
    nonmutating set {
      assert(cpu >= 0 && cpu < CPUSet.capacity, "there is no CPU \(cpu)")
      values[cpu] = newValue
    }
  }

  /// Gives the first `count` CPUs one value. O(count)
  @inline(__always)
  func fill(_ count: Int, with value: Value) {
    assert(count <= CPUSet.capacity, "there are no \(count) CPUs")
    values.update(repeating: value, count: count)
  }

  /// The values of the first `count` CPUs, for as long as this lives.
  @inline(__always)
  func first(_ count: Int) -> UnsafeBufferPointer<Value> {
    assert(count <= CPUSet.capacity, "there are no \(count) CPUs")
    return UnsafeBufferPointer(start: values, count: count)
  }
}
