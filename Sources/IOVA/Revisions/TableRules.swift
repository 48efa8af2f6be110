/// How a release maps and unmaps in page tables: the knobs of rules 92, 98 and 99.
public struct TableRules: Hashable, Sendable {
  /// Whether unmapping a part of a block keeps the rest mapped (up to 6.12), or is refused.
  public var splitsBlocks = false
  /// Whether a mapping that permits nothing is reported as successful (up to 6.10).
  public var mapsNothingSilently = false
}
