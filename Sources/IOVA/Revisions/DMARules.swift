/// How a release finds addresses for devices: the knobs of rules 80 to 82.
public struct DMARules: Hashable, Sendable {
  /// Whether 32-bit addresses are tried first each time (up to 6.3), or until that fails once.
  public var alwaysTriesLow = false
  /// Whether a page counts as within a device's reach of which it reaches a part: a limit in bytes
  /// is cut down to pages as if it were an address (rule 80).
  public var givesPartialPages = false
}
