/// A swarm profile: what the programs of a run may be made of.
///
/// Each program switches some of the kinds off, since frees hide what would fill up (Groce et al.,
/// "Swarm Testing").
public struct Workload: Hashable, Sendable {
  /// How big a domain is.
  public enum Scale: Sendable, Hashable {
    /// Small magazines, and a boundary of a few pfns: most faults show here first.
    case small
    /// As in the kernel.
    case full
  }

  /// In how many programs something is done.
  public enum Share: Sendable, Hashable {
    case none, some, all
  }

  public var name: String
  public var summary: String
  public var usesTree = true
  public var usesCache = true
  public var usesReservations = true
  public var usesHotplug = true
  public var usesFailingMemory = true
  public var usesSplits = true
  public var usesFlushQueue = true
  /// Whether a device maps, accesses and unmaps: in no program, in some, or in all and nothing
  /// else.
  public var dma = Share.none
  /// In how many of the programs with devices these are a guest's.
  public var guests = Share.none
  public var scale = Scale.small
  /// Commands of a program on average.
  public var lengths: [UInt64] = [8, 32, 64, 256]

  public static let everything = Workload(
    name: "everything",
    summary: "tree, caches, flush queues, devices, reservations, CPUs that come and go, failing "
      + "memory",
    dma: .some, guests: .some)

  public static let tree = Workload(
    name: "tree", summary: "allocations straight from the range tree", usesCache: false,
    usesHotplug: false, usesFlushQueue: false)

  public static let cache = Workload(
    name: "cache", summary: "the fast path: magazines, depots, trimming", usesTree: false,
    usesReservations: false, usesSplits: false, usesFlushQueue: false)

  public static let flush = Workload(
    name: "flush", summary: "frees that wait for an invalidation, per CPU and in a single queue",
    usesTree: false, usesReservations: false, usesSplits: false)

  public static let tables = Workload(
    name: "tables", summary: "page tables: mappings of all sizes, and devices that read",
    usesTree: false, usesHotplug: false, usesSplits: false, usesFlushQueue: false, dma: .all)

  public static let dma = Workload(
    name: "dma", summary: "devices that map, access and unmap, strictly and deferred",
    usesTree: false, usesSplits: false, dma: .all)

  public static let s390 = Workload(
    name: "s390", summary: "guests, whose devices read through a hypervisor's shadow",
    usesTree: false, usesSplits: false, dma: .all, guests: .all)

  public static let fullScale = Workload(
    name: "full-scale", summary: "everything, with the kernel's own sizes", dma: .some,
    guests: .some, scale: .full, lengths: [256, 2048])

  /// All named workloads, the default first.
  public static let all = [everything, tree, cache, flush, tables, dma, s390, fullScale]

  public static func named(_ name: String) -> Workload? { all.first { $0.name == name } }
}
