/// What a device may do with a mapping, and how its memory is cached.
@frozen
public struct Protection: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  @inlinable
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let read = Protection(rawValue: 1)
  public static let write = Protection(rawValue: 2)
  /// Cached, coherently with the CPUs.
  public static let cache = Protection(rawValue: 4)
  /// Device registers rather than memory.
  public static let mmio = Protection(rawValue: 8)
  public static let noExecute = Protection(rawValue: 16)
  /// Only for privileged accesses.
  public static let privileged = Protection(rawValue: 32)

  public static let readWrite: Protection = [.read, .write]

  /// Whether it permits any access at all.
  @inlinable
  public var permitsAccess: Bool { rawValue & 3 != 0 }
}

extension Protection: LosslessStringConvertible {
  private static let accesses: [(Protection, String)] = [
    ([], "none"), (.read, "r"), (.write, "w"), (.readWrite, "rw"),
  ]
  private static let flags: [(Protection, String)] = [
    (.cache, "cache"), (.mmio, "mmio"), (.noExecute, "noexec"), (.privileged, "priv"),
  ]

  /// Everything at once.
  public static let all = (accesses + flags).reduce(into: Protection()) { $0.formUnion($1.0) }

  /// Such as `rw,cache,noexec`; `none` if no access is permitted.
  public var description: String {
    let access = Self.accesses.last { contains($0.0) }?.1 ?? ""
    return ([access] + Self.flags.filter { contains($0.0) }.map(\.1)).joined(separator: ",")
  }

  /// Reads what `description` writes, the flags in any order; nil if a word is unknown.
  public init?(_ text: some StringProtocol) {
    let words = text.split(separator: ",", omittingEmptySubsequences: false)
    guard let access = Self.accesses.first(where: { $0.1 == words[0] }) else { return nil }
    self = access.0
    for word in words.dropFirst() {
      guard let flag = Self.flags.first(where: { $0.1 == word }) else { return nil }
      insert(flag.0)
    }
  }
}
