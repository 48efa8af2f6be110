/// A way to choose a schedule, by the name under which users know it.
public struct Policy: RawRepresentable, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  public let rawValue: String

  /// The policy of this name; nil if there is none.
  public init?(rawValue: String) {
    guard let policy = Self.allCases.first(where: { $0.rawValue == rawValue }) else { return nil }
    self = policy
  }

  /// The name of a row of `table`, or of one of those below.
  init(_ name: String) { rawValue = name }

  /// Every order.
  public static let exhaustive = Policy("exhaustive")
  /// A schedule that is given.
  public static let replay = Policy("replay")

  /// Those that draw, and the two that don't.
  public static let allCases = table.map { Policy($0.name) } + [.exhaustive, .replay]

  /// Its name.
  public var description: String { rawValue }
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

    init<Drawing: Scheduler & Sendable>(
      _ name: String, share: UInt64, _ make: @escaping @Sendable (ClosedRange<Int>) -> Drawing
    ) {
      self.name = name
      self.share = share
      scheduler = "\(Drawing.self)"
      self.make = { DrawnPolicy(make($0)) }
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
