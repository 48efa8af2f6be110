/// Deviations from the architecture's format (rule 101).
@frozen
public struct TableQuirks: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Descriptors carry the non-secure bit.
  public static let nonSecure = TableQuirks(rawValue: 1)
  /// No bits for permissions and for "execute never".
  public static let noPermissions = TableQuirks(rawValue: 2)
  /// Output address bits 32, 33 and 34 in descriptor bits 9, 4 and 5.
  public static let extendedOutput = TableQuirks(rawValue: 4)
  /// Tables themselves may lie above 4 GiB.
  public static let extendedTables = TableQuirks(rawValue: 8)

  public static let known: TableQuirks = [
    .nonSecure, .noPermissions, .extendedOutput, .extendedTables,
  ]
}
