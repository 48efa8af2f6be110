/// The ways to choose a schedule, by the names under which users know them.
public enum Policy: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
  /// CPU after CPU, or in turns.
  case serial
  /// Any CPU that can run.
  case random
  /// Random priorities of steps, drawn anew where steps conflict.
  case pos
  /// Random priorities of CPUs, with a few changes.
  case pct
  /// Any CPU that can run, weighted by its remaining steps.
  case urw
  /// Every order.
  case exhaustive
  /// A schedule that is given.
  case replay

  /// Whether it looks at what steps did, or only at who took them.
  var wantsFootprints: Bool { self == .pos || self == .exhaustive }

  /// Its name.
  public var description: String { rawValue }
}
