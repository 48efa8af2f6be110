/// Which release's rules a domain follows.
///
/// The named Linux releases are faithful, faults included. `current` is what a user would want: it
/// breaks no law.
public struct Revision: Hashable, Sendable {
  public var name: String
  public var search = SearchRules()
  public var cache = CacheRules()
  public var flush = FlushRules()
  public var tables = TableRules()
  public var dma = DMARules()

  /// Linux 6.12 with its known faults fixed. Each difference is an entry of FINDINGS.md.
  public static let current = Revision(name: "current")

  /// The allocator of 6.12, with page tables that refuse to unmap parts of blocks.
  // The underscore is the dot of the version.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static let linux7_2: Revision = {
    var revision = linux6_12
    revision.name = "linux-7.2"
    revision.tables.splitsBlocks = false
    return revision
  }()

  // The underscore is the dot of the version.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static let linux6_12: Revision = {
    var revision = Revision(name: "linux-6.12")
    revision.search.shortcut = .resetByAnyFree
    revision.cache.popLimitWraps = true
    revision.cache.unpluggingWakesTrimmers = false
    revision.flush.ownInvalidationCounts = false
    revision.dma.givesPartialPages = true
    revision.tables.splitsBlocks = true
    return revision
  }()

  // The underscore is the dot of the version.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static let linux6_1: Revision = {
    var revision = linux6_12
    revision.name = "linux-6.1"
    revision.cache.depot = .bounded(32)
    revision.tables.mapsNothingSilently = true
    revision.dma.alwaysTriesLow = true
    return revision
  }()

  /// As in its later stable releases.
  // The underscore is the dot of the version.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static let linux5_10: Revision = {
    var revision = linux6_1
    revision.name = "linux-5.10"
    revision.search.secondPass = .none
    revision.cache.magazineCapacity = 128
    revision.cache.roundsSizes = false
    revision.cache.flushesDepots = false
    revision.cache.initialisationMayFail = false
    return revision
  }()

  /// As first released, before the reset of the shortcut was fixed.
  // The underscores are the dots of the version.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static let linux5_10_0: Revision = {
    var revision = linux5_10
    revision.name = "linux-5.10.0"
    revision.search.shortcut = .resetByCachedNode
    return revision
  }()

  // The underscore is the dot of the version.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static let linux4_15: Revision = {
    var revision = linux5_10
    revision.name = "linux-4.15"
    revision.search.recognisesCached32 = false
    revision.search.shortcut = .none
    revision.cache.popScan = .top
    return revision
  }()

  // The underscore is the dot of the version.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  public static let linux4_13: Revision = {
    var revision = linux5_10
    revision.name = "linux-4.13"
    revision.search.anchor = false
    revision.search.cachedNodes = .one
    revision.search.raisesLimits = true
    revision.search.shortcut = .none
    revision.cache.popScan = .top
    revision.cache.popIgnoresSize = true
    revision.cache.alwaysFlushes = true
    return revision
  }()

  /// The second version of "extend rbtree node caching", which crashed on its first user, in an
  /// allocator that is `current` otherwise: what breaks is its own doing.
  public static let posted2017 = {
    var revision = current
    revision.name = "posted-2017-07"
    revision.search.anchor = false
    revision.search.secondPass = .none
    revision.search.shortcut = .none
    revision.search.raisesLimits = true
    revision.search.cachedStandsIn = true
    revision.search.dividesUnevenly = true
    revision.search.expectsAbsence = false
    return revision
  }()

  /// The conversion of s390 to the common DMA layer without its last two patches, in an allocator
  /// that is `current` otherwise: guests invalidate so often that their speed is halved.
  public static let ringsForShadows = {
    var revision = current
    revision.name = "rings-for-shadows"
    revision.flush.ringsForShadows = true
    return revision
  }()

  /// All known revisions, the newest first.
  public static let all = [
    current, ringsForShadows, linux7_2, linux6_12, linux6_1, linux5_10, linux5_10_0, linux4_15,
    posted2017, linux4_13,
  ]

  public static func named(_ name: String) -> Revision? { all.first { $0.name == name } }
}
