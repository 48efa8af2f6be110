/// A domain could not get the memory that it needs from the start (rule 48).
public struct OutOfMemory: Error, Hashable, Sendable {
  /// What is left of the domain nevertheless: should be nothing.
  public var remains: DomainRemains

  package init(_ remains: DomainRemains = DomainRemains()) { self.remains = remains }
}

/// What is left when a domain is gone: should be nothing.
public struct DomainRemains: Hashable, Sendable {
  public var rangeObjects = 0
  public var magazines = 0
  /// Memory of flush rings.
  public var ringBytes = 0
  /// Page tables of the second level.
  public var tables = 0
  /// Pages that page tables still hold.
  public var tablePages = 0

  public var isEmpty: Bool { self == DomainRemains() }

  package init(rangeObjects: Int = 0, magazines: Int = 0, tablePages: Int = 0) {
    self.rangeObjects = rangeObjects
    self.magazines = magazines
    self.tablePages = tablePages
  }
}
