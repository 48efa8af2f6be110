/// What is known of an execution before its first step: how many steps each CPU will take.
///
/// Policies that weigh or bound by steps stay correct if the numbers are only close; what they
/// promise about probabilities then holds only as far as the numbers do.
public struct ExecutionPlan: Hashable, Sendable {
  /// By CPU.
  public var steps: [Int]

  /// A plan for as many CPUs as there are numbers.
  public init(steps: [Int]) {
    precondition(steps.count <= CPUSet.capacity, "there are at most \(CPUSet.capacity) CPUs")
    precondition(steps.allSatisfy { $0 >= 0 }, "a CPU cannot take fewer than 0 steps")
    self.steps = steps
  }

  /// How many CPUs there are.
  public var cpus: Int { steps.count }
  /// How many CPUs have steps to take.
  public var busyCPUs: Int { steps.reduce(0) { $1 > 0 ? $0 + 1 : $0 } }
  /// The steps of all CPUs.
  public var total: Int { steps.reduce(0, +) }

  /// In how many orders the steps can run if nothing blocks; nil if there are more than `limit`.
  ///
  /// The multinomial coefficient: 2 CPUs of 4 steps have 70 orders, 3 have 34,650.
  ///
  /// ```swift
  /// assert(ExecutionPlan(steps: [4, 4, 4]).interleavings(upTo: 5_000_000) == 34_650)
  /// assert(ExecutionPlan(steps: [20, 20, 20]).interleavings(upTo: 5_000_000) == nil)
  /// ```
  public func interleavings(upTo limit: UInt64) -> UInt64? {
    var product: UInt64 = 1
    var placed: UInt64 = 0
    for count in steps {
      // Times (placed + count) over count, one factor at a time, each quotient being whole.
      for index in stride(from: UInt64(1), through: UInt64(count), by: 1) {
        placed += 1
        let wide = product.multipliedFullWidth(by: placed)
        guard wide.high < index else { return nil }
        product = index.dividingFullWidth(wide).quotient
        // A partial product never exceeds the whole, since each factor is at least 1.
        guard product <= limit else { return nil }
      }
    }
    return product
  }
}
