/// Page-table pages that are released together: the ends of a list whose links the pages keep.
///
/// A page is named by a number of whoever makes and releases it, 0 being none. Linux: the free list
/// of an unmapping.
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

/// What a domain's flush queue works for: the hardware that remembers translations, and whoever
/// makes page-table pages.
///
/// Called from any CPU, also with the lock of a ring held; never calls back into the domain.
public protocol FlushTarget: AnyObject, Sendable {
  /// Has the hardware forget all translations of the domain; returns when it has.
  func invalidateEverything(on cpu: CPU)

  /// Has the hardware see what this CPU stored so far.
  func barrier(on cpu: CPU)

  /// Releases page-table pages that no hardware can know any more.
  func release(_ tables: TablePages, on cpu: CPU)
}
