/// A way to choose a schedule, by the name under which users know it.
public struct Policy: RawRepresentable, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  /// Its place among all.
  private let number: UInt8

  private static let names = table.map(\.name) + ["exhaustive", "replay"]

  /// The policy of this name; nil if there is none.
  public init?(rawValue: String) {
    guard let number = Self.names.firstIndex(of: rawValue) else { return nil }
    self.number = UInt8(number)
  }

  /// The policy of this name, of which there is a row.
  init(_ name: String) {
    guard let policy = Policy(rawValue: name) else { preconditionFailure("no policy \(name)") }
    self = policy
  }

  /// Every order.
  public static let exhaustive = Policy("exhaustive")
  /// A schedule that is given.
  public static let replay = Policy("replay")

  /// Those that draw, and the two that don't.
  public static let allCases = names.map { Policy($0) }

  public var rawValue: String { Self.names[Int(number)] }

  /// Its name.
  public var description: String { rawValue }

  /// The policy of an execution, as a report names it: `pct of depth 4`.
  func finder(depth: Int?, preemptions: Int?) -> String {
    if let depth { return "\(self) of depth \(depth)" }
    return preemptions.map { "\(self) up to \($0) preemptions" } ?? rawValue
  }
}

extension Policy {
  /// A policy that draws.
  package struct Row: Sendable {
    package let name: String
    /// How many of all executions it makes, in comparison; 0 for one that has to be asked for.
    package let share: UInt64
    /// The type that makes them, which has a file of its own.
    package let scheduler: String
    /// - Parameter depths: what it draws from how deep it looks, if it does.
    let make: @Sendable (_ depths: ClosedRange<Int>) -> DrawnPolicy

    init<Drawing: DrawnPolicy>(
      _ name: String, share: UInt64, _ make: @escaping @Sendable (ClosedRange<Int>) -> Drawing
    ) {
      self.name = name
      self.share = share
      scheduler = "\(Drawing.self)"
      self.make = { make($0) }
    }
  }

  /// What each has earned in comparison, the simplest first, so that choice 0 is serial.
  package static let table = [
    Row("serial", share: 5) { _ in Serial() },
    Row("random", share: 10) { _ in RandomWalk() },
    Row("pos", share: 20) { _ in PartialOrder() },
    Row("pct", share: 25) { Priority(depths: $0) },
    Row("urw", share: 40) { _ in WeightedWalk() },
  ]
}
