/// How a release finds addresses for devices: the knobs of rules 80 to 82.
public struct DMARules: Hashable, Sendable {
  /// Whether 32-bit addresses are tried first each time (up to 6.3), or until that fails once.
  public var alwaysTriesLow = false
}
