/// The laws of page tables.
extension Law {
  /// What a device reaches is what was mapped for it, and nothing else.
  public static var walksAgreeWithTheModel: Law {
    Law(
      "I19", .atRest,
      "a walk through memory as the walker sees it finds, for every page, what the model maps")
  }

  /// An entry that means something else than was written is somebody else's memory.
  public static var tablesAreWellFormed: Law {
    Law(
      "I20", .atRest,
      "each table entry points to a live, aligned table of its own, each table has an owner, "
        + "groups are 16 alike")
  }

  /// An address that does not fit is cut off; a table that is lost is memory lost for good.
  public static var tablesAreAccounted: Law {
    Law(
      "I21", .atRest,
      "tables lie below 2^32, or 2^35 with the quirk; as many exist as are linked, none after "
        + "teardown")
  }

  /// A walker that still holds a table's address reads whatever its next owner writes.
  public static var tablesOutliveWalks: Law {
    Law(
      "I22", .always,
      "a table is released only after an invalidation of its range that began after it was "
        + "unlinked")
  }
}
