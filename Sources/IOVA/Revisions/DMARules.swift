/// How a release finds addresses for devices: the knobs of rules 80 to 82.
public struct DMARules: Hashable, Sendable {
  /// Whether 32-bit addresses are tried first each time (up to 6.3), or only until that fails once.
  public var alwaysTriesLow = false
  /// Whether a page that a device reaches only in part counts as within its reach: a limit in bytes
  /// is cut down to pages as if it were an address (rule 80).
  public var givesPartialPages = false
}
