/// The laws of page tables.
extension Law {
  /// What a device reaches is what was mapped for it, and nothing else.
  public static var walksAgreeWithTheModel: Law {
    Law(
      "I19", .atRest,
      "a walk through memory as the walker sees it finds, for every page, what the model maps; so "
        + "does a hypervisor's shadow")
  }

  /// Whoever unmaps a part relies on the rest, and on what it was told of the part.
  public static var partsGoAsTheReleaseDoes: Law {
    Law(
      "I-PART", .atReturn,
      "of a block that is unmapped in part the rest stays; where releases do not split, it stays "
        + "whole and the call ends there")
  }

  /// What hardware remembers of a range's last owner is a way into that owner's memory.
  public static var nothingStaleIsReused: Law {
    Law(
      "I17", .atReturn,
      "when a range is handed out, hardware remembers no translation of it, and no table of old")
  }

  /// A device that gets anywhere else reads or writes somebody else's memory.
  public static var devicesReachTheirPages: Law {
    Law(
      "I18", .always,
      "an access leads where its page is mapped to, or was while that may be remembered, or faults")
  }

  /// What a partner shares is gone for good once it is unmapped: it may be given to anyone.
  public static var sharingEndsWithUnmapping: Law {
    Law(
      "I32", .always,
      "once an unmapping has returned in a domain with an ISM device, an access to its pages faults"
    )
  }

  /// A hypervisor's invalidations are expensive; rings for each CPU need one each time one is full.
  public static var guestsHaveOneRing: Law {
    Law("I33", .atRest, "a domain behind a hypervisor's shadow has one flush ring")
  }

  /// A device cuts off what it can't address.
  public static var limitsAreKept: Law {
    Law(
      "I29", .atReturn,
      "a device is given addresses up to its limit; one that forces wide ones tries no narrow one")
  }

  /// Whoever sleeps with a lock held or in an interrupt stops the machine.
  public static var atomicContextNeverSleeps: Law {
    Law("I-ATOMIC", .atRest, "nothing that may sleep is called in atomic context")
  }

  /// An entry that means something else than was written is somebody else's memory.
  public static var tablesAreWellFormed: Law {
    Law(
      "I20", .always,
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
        + "unlinked; what is invalidated is forgotten")
  }
}
