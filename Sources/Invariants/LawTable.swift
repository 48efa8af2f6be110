/// All laws. Each statement is universal and in the present tense; the numbers are those of the
/// catalogue.
extension Law {
  /// Order is what every search relies on.
  public static var rangesAreOrdered: Law {
    Law(
      "I1", .rangeTree,
      "in order, each range begins above the one before; parents and children agree")
  }

  /// Balance is what makes a lookup O(log n).
  public static var treeIsRedBlack: Law {
    Law(
      "I2", .rangeTree,
      "the root is black, no red node has a red child, all paths have the same black height")
  }

  /// Two ranges that share a page have two owners.
  public static var rangesAreDisjoint: Law {
    Law("I3", .rangeTree, "a range begins at or below its end, and ends below the next one")
  }

  /// "Highest node" and "successor" always exist because of it.
  public static var anchorStaysOnTop: Law {
    Law(
      "I4", .rangeTree,
      "one range is the anchor: the highest pfn alone, above all others, never given out")
  }

  /// A cached node that is not in the tree is a use after free.
  public static var cachedNodesAreLinked: Law {
    Law("I5", .rangeTree, "both cached nodes are in the tree")
  }

  /// A cached node in a wrong place hides room.
  public static var cachedNodesArePlaced: Law {
    Law(
      "I6", .rangeTree,
      "cached is the anchor or high, cached32 ends at or above start; a delete moves neither "
        + "down")
  }

  /// The shortcut may refuse only what can't be had.
  public static var max32IsSound: Law {
    Law(
      "I7", .rangeTree,
      "if max32 is below the boundary, no aligned room of that size lies below the boundary")
  }

  /// max32 records what a search learnt, until a free below the boundary.
  public static var max32StepsAreLawful: Law {
    Law(
      "I7b", .rangeTree,
      "max32 rises only to the boundary and by a free below it, after each of which it is "
        + "there")
  }

  /// A failure without need is a lost interrupt, a failed I/O, a dead machine.
  public static var failureIsJustified: Law {
    Law(
      "I8", .rangeTree,
      "a search fails only if no room of the size and alignment lies in start...limit")
  }

  /// Giving the caches back must give back all of them.
  public static var failureAfterFlushIsJustified: Law {
    Law(
      "I8f", .atReturn,
      "a fast allocation with flush fails only if not even freeing the parked ranges would make "
        + "room; a map also fails if what is mapped leaves a hypervisor no resources")
  }

  /// What a driver gets is what it asked for, and no one else's.
  public static var allocationIsSound: Law {
    Law(
      "I9", .atReturn,
      "a result lies in start...limit, has the length and alignment requested, and has no other "
        + "owner")
  }

  /// The executable rules are those of the release, and so is the cost.
  public static var searchFollowsTheRules: Law {
    Law(
      "I10", .rangeTree,
      "each result, its visits, both cached nodes and the shortcut are those of rules 6 to 25")
  }

  /// A caller acts on what it is told, whatever was actually done.
  public static var answersAreRight: Law {
    Law(
      "I-ANSWER", .atReturn,
      "a caller is told what was done: found, reserved, split, mapped, unmapped, to be "
        + "invalidated, deferred or not; memory is refused exactly where it is short")
  }

  /// Leftovers would leak into the next program.
  public static var resetsAreComplete: Law {
    Law("I-NEW", .atRest, "a domain that was reset holds, counts and remembers what a new one does")
  }

  /// What is quoted has to be true.
  public static var countersAreRight: Law {
    Law("I-COUNT", .atRest, "what a domain counts is what it did, and what it holds")
  }

  /// What waits for a timer waits that long, and no longer.
  public static var waitsAreBounded: Law {
    Law(
      "I-WAIT", .always,
      "a queued range is freed within the flush timeout, and a depot that is too long is "
        + "trimmed within the worker's delay")
  }

  /// A magazine that overflows writes over its neighbour.
  public static var magazinesAreBounded: Law {
    Law(
      "I11", .cpuCache,
      "both magazines exist, differ, hold 0...M entries; depots hold and give out full ones, as "
        + "many as they say")
  }

  /// Two places become two owners.
  public static var everyRangeHasOnePlace: Law {
    Law(
      "I12", .cpuCache,
      "a range is in one place: with a caller, in one magazine, one depot, or one ring")
  }

  /// What is cached under a class must have its length.
  public static var cachedRangesAreInTheTree: Law {
    Law(
      "I13", .cpuCache,
      "a cached pfn of class k begins a range of 2^k pages in the tree, a queued one some range")
  }

  /// A range that nobody holds is address space lost for good.
  public static var nothingIsLost: Law {
    Law(
      "I14", .atRest,
      "ranges = those of callers + cached + in depots + queued + reserved, in number and in pages")
  }

  /// Giving everything back leaves nothing.
  public static var quietDomainIsEmpty: Law {
    Law(
      "I23", .whenQuiet,
      "after freeing all and flushing all, the tree holds only the reservations, the caches and "
        + "rings nothing")
  }

  /// A depot that is too long shrinks.
  public static var trimmingIsAlive: Law {
    Law(
      "I25", .atRest,
      "a depot longer than there are online CPUs has its worker armed; it trims to that, no "
        + "further")
  }

  /// A ring that wraps around loses everything it held.
  public static var ringsAreWellFormed: Law {
    Law(
      "I15", .flushRing,
      "a ring holds what was queued and not released, fewer ranges than slots; stamps never "
        + "fall; finished <= started")
  }

  /// What hardware still translates gives a device access to memory with another owner.
  public static var nothingIsFreedEarly: Law {
    Law(
      "I16", .flushRing,
      "an unmapped range is freed only after an invalidation that began after its unmapping")
  }

  /// A range that waits for a timer that no one armed waits forever.
  public static var timersAreAlive: Law {
    Law(
      "I24", .always,
      "while a ring holds a range, the flush timer is armed, on its way, or about to be armed")
  }

  /// What a dead CPU had cached would be lost until it comes back.
  public static var unpluggedCachesAreEmpty: Law {
    Law("I26", .atRest, "an unplugged CPU's magazines are empty")
  }

  /// Reserved means that a device or a bridge answers there.
  public static var reservationsStand: Law {
    Law(
      "I30", .rangeTree,
      "reserved pages stay covered by ranges, and are never given out or freed")
  }

  /// What comes late finds memory that has another owner.
  public static var nothingRunsAfterTeardown: Law {
    Law("I27", .always, "once teardown has begun, only the CPU that runs it touches the domain")
  }

  /// A step that is not announced can't be interleaved, and is never tested.
  public static var stepsAreAnnounced: Law {
    Law(
      "I-STEP", .always,
      "a step that others may precede and that no lock marks is announced before it is taken")
  }

  /// Two orders of two locks are a deadlock waiting to happen.
  public static var locksAreTakenInOrder: Law {
    Law(
      "I28", .always,
      "a lock is taken under locks of lower rank, with interrupts masked, and not kept past its "
        + "call")
  }

  /// State accessed without its lock may be changed by two CPUs at the same time.
  public static var guardsAreHeld: Law {
    Law("I-GUARD", .always, "what a lock guards is touched only by the CPU that holds it")
  }

  /// A search ends.
  public static var searchIsBounded: Law {
    Law(
      "I31", .rangeTree,
      "an allocation visits at most twice as many ranges as there are, plus two; each step of a "
        + "mapping maps something, and seven steps are enough")
  }

  /// A call that costs more than its share does not scale.
  public static var callsKeepTheirBudget: Law {
    Law(
      "I-COST", .atReturn,
      "a call takes no more locks, frees no more ranges, touches no more magazines and asks for "
        + "no more memory than it needs")
  }

  /// A long run runs out of memory first.
  public static var memoryIsAccounted: Law {
    Law(
      "I-MEM", .atRest,
      "magazines = those of CPUs and depots; range objects = ranges, and have memory; that of "
        + "rings = their slots; a magazine wastes under a quarter; tables keep at most a page each")
  }

  /// A missed hit drains the 32-bit space.
  public static var missMeansNothingFitted: Law {
    Law(
      "I-MISS", .cpuCache,
      "a cache miss means that nothing in the loaded magazine fitted, or that both and the depot "
        + "were empty")
  }

  /// The kernel would have crashed.
  public static var nothingAbsentIsUsed: Law {
    Law("I-NOCRASH", .always, "nothing that is nil or was freed is dereferenced")
  }

  /// No allocator may give all callers what each of them sees alone.
  public static var historyIsLinearisable: Law {
    Law(
      "LIN", .atRest,
      "the calls of all CPUs can be put in one order that respects real time and is right call "
        + "by call")
  }

  public static let all: [Law] = [
    rangesAreOrdered, treeIsRedBlack, rangesAreDisjoint, anchorStaysOnTop, cachedNodesAreLinked,
    cachedNodesArePlaced, max32IsSound, max32StepsAreLawful, failureIsJustified,
    failureAfterFlushIsJustified, allocationIsSound, searchFollowsTheRules, magazinesAreBounded,
    everyRangeHasOnePlace, cachedRangesAreInTheTree, nothingIsLost, quietDomainIsEmpty,
    ringsAreWellFormed, nothingIsFreedEarly, timersAreAlive, trimmingIsAlive,
    unpluggedCachesAreEmpty, nothingRunsAfterTeardown, locksAreTakenInOrder, stepsAreAnnounced,
    guardsAreHeld, reservationsStand, searchIsBounded, callsKeepTheirBudget, waitsAreBounded,
    answersAreRight, countersAreRight, resetsAreComplete, memoryIsAccounted,
    missMeansNothingFitted, nothingAbsentIsUsed, nothingStaleIsReused, devicesReachTheirPages,
    sharingEndsWithUnmapping, guestsHaveOneRing, limitsAreKept, atomicContextNeverSleeps,
    walksAgreeWithTheModel, partsGoAsTheReleaseDoes,
    tablesAreWellFormed, tablesAreAccounted, tablesOutliveWalks, historyIsLinearisable,
  ]
}
