import IOVA

/// Notices when the 32-bit shortcut of a domain changes: later calls depend on it, but no event
/// reports it.
struct ShortcutWatch {
  private unowned let domain: IOVADomain
  private var last: UInt64

  init(_ domain: IOVADomain) {
    self.domain = domain
    last = domain.shortcut
  }

  /// How it changed; nil if it did not.
  ///
  /// - Parameter event: of the domain, while the lock that guards it is held.
  mutating func change(_ event: DomainEvent) -> Change? {
    switch event {
    case .allocated, .allocationFailed, .removed: break
    default: return nil
    }
    let now = domain.shortcut
    guard now != last else { return nil }
    last = now
    return .shortcut(now == domain.boundary ? nil : now)
  }
}
