/// A historical bug or a mutant that can be switched on: one small branch where it applies.
///
/// The comment says what is wrong; `restoreSetting` gives the domain the settings that the bug
/// needs.
public enum Fault: UInt8, CaseIterable, Sendable, Hashable {
  /// Without the anchor, a delete at the top leaves no cached node, and the next delete uses it
  /// unchecked.
  case a01
  /// Without the anchor, a delete replaces "no cached node" by the deleted node's successor, below
  /// a hole.
  case a02
  /// Deleting the node that is `cached32`, but lies above the boundary, leaves `cached32` on it.
  case a03
  /// Gaps above the cached node are never searched.
  case a04
  /// The second pass computes "one above the start node" for the anchor too, which wraps to 0.
  case a05
  /// A request refused by the 32-bit shortcut raises the shortcut's size to its own.
  case a07
  /// Inclusive limits: passing a range that begins at pfn 0 wraps the limit to the highest pfn.
  case a09
  /// Inclusive limits at both ends: the lowest usable pfn can never be allocated.
  case a10
  /// A limit of exactly the boundary does not count as 32-bit where the search starts.
  case a12
  /// A limit of exactly the boundary does not count as 32-bit for the shortcut.
  case a12b
  /// A reservation is not checked against the address space, and lowers the anchor.
  case a15
  /// Teardown gives the anchor back as if it were one of the slab's range objects.
  case a16
  /// A range is not split because memory is refused, but the object of its left piece is kept.
  case a18
  /// Without the anchor, a 32-bit request falls back to the other cached node, and takes its limit
  /// from there.
  case a19
  /// Without the anchor, a range that contains the boundary becomes `cached32`, and nobody forgets
  /// it when it is deleted.
  case a20
  /// Without the anchor, a limit is raised to the lowest pfn of the cached node.
  case a21
  /// Taking a magazine from a depot does not check for an empty list when the depot is drained.
  case r01
  /// A failed allocation gives all caches back although the caller asked not to.
  case r03
  /// A failed allocation gives back the CPUs' magazines, but not the depots.
  case r04
  /// Only the newest entry of a magazine is checked.
  case r06
  /// The slow path does not round the size, while the cache's class does.
  case r07
  /// A magazine that could not be allocated at initialisation stays absent, but is used.
  case r08
  /// A range that the cache can't take because memory is refused is reported as taken.
  case r09
  /// The depot is bounded, and returns a whole magazine to the tree when it is full.
  case r12
  /// A magazine has one more entry, so that it takes a block of twice the size.
  case r15
  /// The trim worker re-arms only when it released nothing.
  case r17
  /// The trim worker trims at its threshold, not above it.
  case r17b
  /// A magazine that leaves a depot keeps its link where its count belongs.
  case r18

  /// A free looks the range up and removes it under separate holds of T.
  case a13
  /// The trim worker takes D with interrupts enabled.
  case r02
  /// Teardown cancels the trim workers only after everything is drained.
  case r16
  /// Every caller migrates between sampling its CPU and locking that CPU's cache (rule 54).
  case migration
  /// C is not taken to take a range from a CPU's cache.
  case unlockedTake
  /// C is not taken to put a range into a CPU's cache.
  case unlockedInsert
  /// C is not taken to give a CPU's caches back.
  case unlockedFlush
  /// D is not taken to fetch a full magazine.
  case unlockedRefill
  /// D is not taken to store a full magazine.
  case unlockedStore
  /// D is not taken to drain a depot.
  case unlockedDrain
  /// D is not taken to trim a depot.
  case unlockedTrim
  /// D is not taken to check whether a depot is too long after a CPU was unplugged.
  case unlockedWake
  /// T is not taken to allocate.
  case unlockedAllocate
  /// T is not taken to free.
  case unlockedFree
  /// T is not taken to return a magazine's ranges.
  case unlockedGiveBack
  /// T is not taken to reserve.
  case unlockedReserve
  /// T is not taken to split.
  case unlockedSplit

  /// Teardown disarms the flush timer, but does not wait for its work to end.
  case q01
  /// Ranges are queued although the domain has no flush queue.
  case q02
  /// The flush queue counts as in use before its rings are made.
  case q02b
  /// A queued range is freed once as many invalidations have finished as had started before it.
  case q03a
  /// Whether unmappings are deferred is read twice: first not to invalidate, then to free
  /// immediately.
  case q07
  /// A domain that could not get its flush queue stays marked as deferring.
  case d10
  /// Page-table pages are released immediately although their invalidation is deferred.
  case q06
  /// A range is queued without a barrier: other CPUs may invalidate before its clearing is visible.
  case q04
  /// An unmapping that is not deferred frees first and invalidates afterwards.
  case q10
  /// The mask of a device is ignored: it is given any address.
  case d01
  /// Whether a driver opted out of 32-bit attempts is read before the driver can say so.
  case d02
  /// A mapping that a hypervisor lacks the resources to copy is reported as successful.
  case d03
  /// A mapping fails because a hypervisor lacks the resources, without asking it to drop any.
  case d04
  /// Whether a domain is initialised is checked without the mutex for attaching devices.
  case d05
  /// A mapping that permits nothing is reported as successful, with nothing mapped.
  case d07
  /// A magazine is taken from a depot if the top is the one seen before, whatever lies below it by
  /// then (ABA).
  case staleTop
  /// The second pass starts at the top of the tree, not at the limit.
  case topRestart
  /// The 32-bit shortcut is set but never taken.
  case idleShortcut
  /// Only the loaded magazine is checked when a range is taken.
  case unseenSpare
  /// The flush timer is armed for twice its time.
  case lateTimer
  /// A domain to which no device was ever attached is torn down.
  case d08
  /// Memory that a device shares with its driver gets an address below the mask for buffers.
  case d11
  /// A domain with an ISM device defers its invalidations.
  case d09
  /// A flush queue that could not be made forgets its options, so that a guest's next try makes
  /// rings for each CPU.
  case d12

  /// Tables come from any zone, and an address above 4 GiB is cut off unnoticed.
  case p01
  /// Tables come from any zone; an address above 4 GiB is noticed and refused.
  case p01b
  /// Memory for tables is asked for from the zone that is below 4 GiB on other architectures.
  case p01c
  /// Tables are slices of chunks, which are not reused before the whole chunk is free.
  case p02
  /// An empty pool grows, which sleeps, even where that is forbidden.
  case p03
  /// Tables come from the general allocator, which does not align them when debugging.
  case p04
  /// A table that could not be allocated is used and given back before that is noticed.
  case p05
  /// A new table is stored into the first level rather than exchanged for an empty entry.
  case p09
  /// The CPU that loses the exchange keeps the table it made.
  case p10
  /// Entries are cleaned for coherent walkers only.
  case p11
  /// A table is given back before partial walks are dropped.
  case p13
  /// A block of the first level is used as if it were a table.
  case p15
  /// A contiguous group is written with one descriptor too few.
  case p16
  /// Output address bits above 32 are written, but not read back.
  case p17
  /// A part of a contiguous group is cleared in a release that does not split.
  case tornGroup
  /// When a part of a block is unmapped, the rest is unmapped as well.
  case lostRest

  /// The name in the catalogue, `A01`, or a mutant's own, `UnlockedTake`.
  public var name: String {
    let name = String(describing: self)
    return name.prefix(1).uppercased() + name.dropFirst()
  }

  /// What is wrong, in one line.
  public var summary: String {
    switch self {
    case .a01: "no anchor: deleting the topmost range leaves a nil cached node, dereferenced next"
    case .a02: "no anchor: a nil cached node is replaced by a deleted node's successor"
    case .a03: "cached32 stays on a deleted node that lies above the boundary"
    case .a04: "no second pass: gaps above the cached node are never searched"
    case .a05: "the second pass's lower bound wraps to 0 at the anchor"
    case .a07: "a request refused by the 32-bit shortcut raises max32"
    case .a09: "inclusive limits: a range at pfn 0 wraps the limit"
    case .a10: "inclusive limits: the lowest usable pfn is never allocated"
    case .a12: "a search up to the boundary starts at the 64-bit cached node"
    case .a12b: "a request up to the boundary is not refused by the shortcut"
    case .a15: "a reservation beyond the address space lowers the anchor"
    case .a16: "teardown gives back the anchor, which is no range object of the slab"
    case .a18: "splitting a range leaks its left piece when there is no memory for the right one"
    case .a19: "no anchor: a 32-bit request without a cached node takes its limit from the high one"
    case .a20: "no anchor: inserts and deletes divide high from low at different pfns"
    case .a21: "no anchor: a limit is raised to the cached node's lowest pfn"
    case .r01: "draining a depot takes a magazine from an empty list"
    case .r03: "the caller's wish not to flush the caches is ignored"
    case .r04: "the depots are not flushed when an allocation fails"
    case .r06: "only the top of a magazine is examined"
    case .r07: "the tree gets the size unrounded, the cache class rounded"
    case .r08: "magazines missing since initialisation are used"
    case .r09: "a range refused by the cache is dropped"
    case .r12: "a bounded depot returns a whole magazine to the tree at once"
    case .r15: "a magazine with one more entry wastes half of its memory"
    case .a13: "a free looks up and removes under separate holds of T"
    case .r02: "the trim worker takes D with interrupts enabled"
    case .r16: "teardown cancels the trim workers only after the drain"
    case .migration: "callers migrate between sampling their CPU and locking its cache"
    case .unlockedTake: "C is not taken to take a range from a CPU's cache"
    case .unlockedInsert: "C is not taken to put a range into a CPU's cache"
    case .unlockedFlush: "C is not taken to give a CPU's caches back"
    case .unlockedRefill: "D is not taken to fetch a full magazine"
    case .unlockedStore: "D is not taken to store a full magazine"
    case .unlockedDrain: "D is not taken to drain a depot"
    case .unlockedTrim: "D is not taken to trim a depot"
    case .unlockedWake: "D is not taken to check a depot after a CPU was unplugged"
    case .unlockedAllocate: "T is not taken to allocate"
    case .unlockedFree: "T is not taken to free"
    case .unlockedGiveBack: "T is not taken to return a magazine's ranges"
    case .unlockedReserve: "T is not taken to reserve"
    case .unlockedSplit: "T is not taken to split"
    case .r17: "the trim worker re-arms only when it released nothing"
    case .r17b: "the trim worker trims at its threshold, not above it"
    case .r18: "a magazine taken from a depot has its link for a count"
    default: summaryOfDevices
    }
  }

  /// Continues `summary` for flush queues and devices.
  private var summaryOfDevices: String {
    switch self {
    case .q01: "teardown does not wait for the flush timer's work"
    case .q02: "ranges are queued although there is no flush queue"
    case .q02b: "the flush queue is in use before its rings are made"
    case .q03a: "a range is freed when its stamp equals the finished invalidations"
    case .q07: "an unmapping reads twice whether it is deferred"
    case .d10: "a domain without memory for its flush queue stays lazy"
    case .q04: "a range is queued without a barrier, before its clearing is visible"
    case .q06: "tables are released when their entries are cleared, although that is deferred"
    case .q10: "a strict unmapping frees its range before it invalidates it"
    case .d01: "the DMA layer ignores a device's mask"
    case .d02: "forcedac is read before the driver sets it"
    case .d03: "an error of sync_map is dropped: a mapping that the hypervisor lacks succeeds"
    case .d04: "a mapping fails while queued ranges hold the hypervisor's resources"
    case .d05: "two devices attached at the same time initialise the domain twice"
    case .d07: "a mapping that permits no access is reported as successful, but maps nothing"
    case .staleTop: "a depot's top is taken if it is the one seen before, whatever is below it now"
    case .topRestart: "the second pass walks from the top of the tree instead of the limit"
    case .idleShortcut: "the 32-bit shortcut is never taken"
    case .unseenSpare: "a hit in the previous magazine is not taken"
    case .lateTimer: "the flush timer runs after twice its time"
    case .d08: "a domain that was never initialised is torn down"
    case .d11: "coherent memory gets its address below the streaming mask"
    case .d09: "a domain with a device that shares memory defers its invalidations"
    case .d12: "a guest that could not make its flush queue makes one for each CPU next time"
    default: summaryOfTables
    }
  }

  /// Continues `summary` for page tables.
  private var summaryOfTables: String {
    switch self {
    case .p01: "tables lie above 4 GiB, and their addresses are cut off unnoticed"
    case .p01b: "tables lie above 4 GiB, and are refused"
    case .p01c: "tables lie above 4 GiB where the zone below has another name"
    case .p02: "a freed table's memory is not reused before its whole chunk is free"
    case .p03: "a pool of tables grows, which sleeps, in atomic context"
    case .p04: "with slab debugging tables are not aligned"
    case .p05: "a table that could not be allocated is used before that is checked"
    case .p09: "a new table is stored rather than exchanged: of two CPUs one loses its mapping"
    case .p10: "the CPU that loses the exchange leaks its table"
    case .p11: "entries are cleaned for coherent walkers only"
    case .p13: "a table is released before partial walks are invalidated"
    case .p15: "a block of the first level is used as a table"
    case .p16: "a contiguous group gets 15 descriptors"
    case .p17: "iova-to-phys loses output address bits 32 to 34"
    case .tornGroup: "a page of a 64K block is cleared, and the rest stays a block of 15"
    case .lostRest: "unmapping a part of a block unmaps the whole block"
    default: preconditionFailure("fault \(name) has no summary")
    }
  }

  /// Adds the settings that this bug needs, where today's differ.
  func restoreSetting(of revision: inout Revision) {
    switch self {
    case .a01, .a02, .a19, .a20, .a21, .a09, .a10:
      revision.search.anchor = false
      revision.search.secondPass = .none
      revision.search.shortcut = .none
      if [.a09, .a10, .a21].contains(self) { revision.search.cachedNodes = .one }
      if [.a09, .a10].contains(self) { revision.search.limitStyle = .inclusive }
    case .lostRest: revision.tables.splitsBlocks = true
    default: break
    }
  }

  /// Whether CPUs or walkers use memory as a table that is none, and whatever was left there.
  var leadsAstray: Bool { [.p01, .p01c, .p04, .p15].contains(self) }

  /// The rank of the lock that the fault leaves out; nil if it leaves out none.
  var lockLeftOut: LockRank? {
    switch self {
    case .unlockedTake, .unlockedInsert, .unlockedFlush: .cpuCache
    case .unlockedRefill, .unlockedStore, .unlockedDrain, .unlockedTrim, .unlockedWake: .depot
    case .unlockedAllocate, .unlockedFree, .unlockedGiveBack, .unlockedReserve, .unlockedSplit:
      .rangeTree
    default: nil
    }
  }

  public static func named(_ name: String) -> Fault? {
    allCases.first { $0.name == name }
  }
}

/// The faults that are switched on.
public struct FaultSet: Hashable, Sendable {
  private var bits: UInt128 = 0

  public init(_ faults: [Fault] = []) {
    for fault in faults { bits |= FaultSet.bit(fault) }
  }

  public static let none = FaultSet()

  @inline(__always)
  public func contains(_ fault: Fault) -> Bool {
    bits != 0 && bits & FaultSet.bit(fault) != 0
  }

  public var isEmpty: Bool { bits == 0 }

  /// In the order of their declaration.
  public var faults: [Fault] {
    isEmpty ? [] : Fault.allCases.filter { bits & FaultSet.bit($0) != 0 }
  }

  /// The ranks of the locks that the faults leave out, maybe with repetitions.
  package var locksLeftOut: [LockRank] { isEmpty ? [] : faults.compactMap(\.lockLeftOut) }

  private static func bit(_ fault: Fault) -> UInt128 { 1 << UInt128(fault.rawValue) }
}
