/// Page-table pages that are released together: the two ends of a list linked through the pages.
///
/// A page is named by a number chosen by the page table; 0 means none. Linux: the free list of an
/// unmapping.
public struct TablePages: Hashable, Sendable {
  public var first: UInt64
  public var last: UInt64

  public init(first: UInt64, last: UInt64) {
    self.first = first
    self.last = last
  }

  public static let none = TablePages(first: 0, last: 0)

  public var isEmpty: Bool { first == 0 }
}

/// What a domain's flush queue acts on: the hardware that remembers translations, and the owner of
/// the page-table pages.
///
/// Called from any CPU, even with the lock of a ring held; never calls back into the domain.
public protocol FlushTarget: AnyObject, Sendable {
  /// Has the hardware forget all translations of the domain; returns once it has.
  func invalidateEverything(on cpu: CPU)

  /// Makes visible to the hardware what this CPU has stored.
  func barrier(on cpu: CPU)

  /// Releases page-table pages that no hardware can remember any more.
  func release(_ tables: TablePages, on cpu: CPU)
}
