import IOVA
import Synchronization

/// Watches one domain after another and judges it: the judge that knows the laws.
///
/// What a lock guards is judged just before the lock is released, by incremental forms on the
/// ledger and on the place that changed; the full forms run once in many releases, and at rest.
/// State of a law is guarded by the law's own lock, or belongs to one CPU, or is atomic.
public final class LawBook: Judge, @unchecked Sendable {
  /// How much is judged.
  public enum Diligence: Hashable, Sendable {
    /// Every release of a lock and every return of a call.
    case every
    /// One release in that many; the ledger is kept all the same.
    case sampled(Int)
    /// Only the full forms, when nobody runs.
    case atRest
  }

  /// Releases of T between two runs of the full forms: at least this, and ten times the ranges.
  static let fullFormInterval = 1024

  let diligence: Diligence
  private let isSampled: Bool
  /// Whether one thread makes all calls, so that they can be judged one by one.
  let isSequential: Bool
  /// Laws whose violation is ignored, since it is a known finding.
  let exceptions: Set<Law>
  let ledger: PageLedger
  /// The domain, not retained: all CPUs pass here at every lock, and would fight for its reference
  /// count. Whoever opens the book keeps the domain alive until the book is reset.
  @exclusivity(unchecked) private(set) var watched: Unmanaged<IOVADomain>?
  /// The same while locks and events are observed; one check tells whether they are.
  @exclusivity(unchecked) private var listening: Unmanaged<IOVADomain>?
  /// The unchanging facts of the domain.
  @exclusivity(unchecked) private(set) var facts = DomainFacts()

  // Guarded by T.
  /// Two states of the search, after the last release of T and now, in turn: copying what was just
  /// written would wait for the writes.
  let searches: UnsafeMutablePointer<SearchState>
  @exclusivity(unchecked) var turn = 0
  @exclusivity(unchecked) var change = TreeChange.nothing
  @exclusivity(unchecked) var releasesUntilFullForms = LawBook.fullFormInterval
  @exclusivity(unchecked) var reference: ReferenceSearch?
  @exclusivity(unchecked) var lastFailure: FailedRequest?
  @exclusivity(unchecked) var treeTally = TreeTally()

  // Used by the one thread of a sequential run.
  @exclusivity(unchecked) var naive = NaiveAllocator()
  @exclusivity(unchecked) var waits = TrimWaits()
  /// How many groups of the page table had been split before a part is unmapped.
  @exclusivity(unchecked) var groupsSplit: UInt64 = 0
  /// Whether the unmapping in progress turned the flush timer on, and is to arm it; for one CPU at
  /// a time.
  @exclusivity(unchecked) var armsTimer = false
  /// Tables that a pool refused before the call in progress; for one CPU at a time.
  @exclusivity(unchecked) var growthRefusals: UInt64 = 0
  /// Whether it was tested that damage is noticed.
  @exclusivity(unchecked) var isKnownToWatch = false
  /// Whether unmappings are to be deferred.
  @exclusivity(unchecked) var isDeferring = false

  /// One more than the number of the CPU that ends the domain; 0 while none does.
  let closer = Atomic<Int>(0)
  /// Whether one request, of any CPU, is still to be refused.
  let isRefusalDue = Atomic<Bool>(false)
  let meters: CPUMeters
  let history: HistoryRecorder
  let flushes: FlushGhost
  /// Where each page leads; made for the first domain with an IOMMU.
  @exclusivity(unchecked) private(set) var translations: TranslationModel?
  let tableGhost = TableGhost()
  let masks = DeviceMasks()
  private let isClaimed = Atomic<Bool>(false)
  private let published: UnsafeMutablePointer<Atomic<Bool>>
  private var found: Violation?

  /// - Parameter cpus: the most CPUs of a machine that it watches.
  /// - Parameter takesTurns: whether one CPU runs at a time and hands over to the next in order, as
  ///   in controlled runs; the state of ranges then needs no atomic changes.
  /// - Parameter recordsHistory: whether calls are recorded and judged as a history; nil if they
  ///   are, unless one thread makes all of them, and each is judged when it ends.
  public init(
    _ diligence: Diligence = .every, isSequential: Bool, takesTurns: Bool = false, cpus: Int,
    except exceptions: Set<Law> = [], recordsHistory: Bool? = nil
  ) {
    searches = .allocate(capacity: 2)
    searches.initialize(repeating: SearchState(), count: 2)
    published = .allocate(capacity: 1)
    published.initialize(to: Atomic(false))
    ledger = PageLedger(isShared: !isSequential && !takesTurns)
    self.exceptions = exceptions
    self.diligence = diligence
    if case .sampled = diligence { isSampled = true } else { isSampled = false }
    self.isSequential = isSequential
    meters = CPUMeters(count: cpus)
    flushes = FlushGhost(rings: cpus)
    let isRecorded = recordsHistory ?? !isSequential
    history = HistoryRecorder(
      cpus: cpus, isOn: isRecorded && diligence != .atRest, takesTurns: takesTurns)
  }

  deinit {
    published.deallocate()
    searches.deallocate()
    meters.destroy()
  }

  /// Watches a new domain on a machine that has this book as its supervisor; only while nobody
  /// runs.
  ///
  /// - Parameter isBrief: whether the domain will be judged at rest by sums only, so that its
  ///   history need not be kept.
  package func open(_ domain: IOVADomain, isBrief: Bool) {
    watched = .passUnretained(domain)
    listening = diligence == .atRest ? nil : watched
    facts = DomainFacts(domain)
    if facts.translates, translations == nil { translations = TranslationModel() }
    if let dma = domain.configuration.dma { masks.reset(dma, boundary: facts.boundary) }
    domain.read(&searches[turn])
    change = .nothing
    lastFailure = nil
    treeTally = TreeTally()
    isRefusalDue.store(domain.machine.memory.isRefusalDue, ordering: .relaxed)
    // The domain was made on this CPU.
    meters[CPU(0)].pointee.windows = 0
    history.begin(
      HistoryRules(start: facts.start, roundsSizes: facts.roundsSizes), isJudged: !isBrief)
    guard isSequential else { return }
    naive = NaiveAllocator()
    waits = TrimWaits()
    armsTimer = false
    isDeferring = domain.defersInvalidations
    reference = ReferenceSearch(
      domain.searchRules, start: facts.start, boundary: facts.boundary)
  }

  /// Watches a new domain that will be judged in full.
  package func open(_ domain: IOVADomain) { open(domain, isBrief: false) }

  /// Forgets what it saw, before the next domain is made; only while nobody runs.
  package func reset() {
    watched = nil
    listening = nil
    closer.store(0, ordering: .relaxed)
    ledger.reset()
    meters.reset()
    flushes.reset()
    if facts.translates {
      translations?.reset()
      tableGhost.reset()
    }
    if isBroken { found = nil }
    published.pointee.store(false, ordering: .relaxed)
    isClaimed.store(false, ordering: .releasing)
  }

  // MARK: What was found

  /// Whether a law was broken.
  override public var isBroken: Bool { published.pointee.load(ordering: .acquiring) }

  /// Where `isBroken` is written; valid for the lifetime of the book.
  override public var brokenWord: UnsafePointer<Atomic<Bool>>? { UnsafePointer(published) }

  /// The first law that was broken.
  public var violation: Violation? { isBroken ? found : nil }

  override public var finding: (law: String, evidence: String)? {
    violation.map { ($0.law.name, $0.evidence) }
  }

  /// Judgements passed since the book was made.
  public var checks: UInt64 { meters.checks }

  /// The milestones reached since the book was made.
  public var milestones: Set<Milestone> {
    let bits = meters.milestones
    return Set(Milestone.allCases.filter { bits & $0.bit != 0 })
  }

  /// Notes the first violation. Law and evidence are built here, away from the path of calls that
  /// break no law, which this would cost registers and stack.
  @inline(never)
  func broken(_ law: @autoclosure () -> Law, _ evidence: @autoclosure () -> String) {
    let law = law()
    if exceptions.contains(law) { return }
    guard !isClaimed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    found = Violation(law: law, evidence: evidence())
    published.pointee.store(true, ordering: .releasing)
  }

  /// The domain that is open; nil if none is.
  package var domain: IOVADomain? { watched?.takeUnretainedValue() }

  /// Notes the evidence against a law, if there is any.
  @inline(__always)
  func judge(_ law: @autoclosure () -> Law, _ evidence: String?) {
    if let evidence { broken(law(), evidence) }
  }

  // MARK: Judge

  override public func opens(_ domain: IOVADomain) { open(domain, isBrief: false) }
  override public func opensBriefly(_ domain: IOVADomain) { open(domain, isBrief: true) }
  override public func rests() { judgeAtRest() }
  override public func restsBriefly() { judgeSums() }
  override public func isQuiet() { judgeQuiet() }
  override public func closes(_ remains: DomainRemains) { judgeRemains(remains) }
  override public func wasReset(_ domain: IOVADomain) { judgeReset(domain) }
  override public func cannotOpen(_ remains: DomainRemains, isShort: Bool) {
    judgeUnmade(remains, isShort: isShort)
  }
  override public func wasMade(credit: UInt64, refused: UInt64) {
    judgeMaking(credit: credit, refused: refused)
  }
  override public func hears(_ reply: DomainReply, isShort: Bool, on cpu: CPU) {
    judge(reply, isShort: isShort, on: cpu)
  }
  override public func unplugged(_ cpu: CPU) { noteUnplugged(cpu) }
  override public func resets() { reset() }

  // MARK: Supervisor

  override public func acquiring(_ lock: LockID, on cpu: CPU) {
    guard listening != nil else { return }
    acquiringInOrder(lock, cpu, meters[cpu])
  }

  override public func releasing(_ lock: LockID, on cpu: CPU) {
    guard let listening else { return }
    let meter = meters[cpu]
    meter.pointee.heldLocks &= ~lock.rank.bit
    listening._withUnsafeGuaranteedRef { domain in
      switch lock.rank {
      case .rangeTree:
        meter.pointee.treeLocks &+= 1
        if change != .nothing { releasingTree(domain, meter) }
      case .cpuCache:
        meter.pointee.cacheLocks &+= 1
        releasingCache(lock, domain, meter)
      case .depot:
        meter.pointee.depotLocks &+= 1
        releasingDepot(lock, domain, meter)
      case .flushRing:
        meter.pointee.ringLocks &+= 1
        releasingRing(lock, domain, cpu, meter)
      case .attachment, .worker, .tableSplit, .tableMemory, .physicalMemory, .timers: break
      }
    }
  }

  /// Passes an event on as it is: each recipient reads the part that it needs.
  override public func observed(_ event: DomainEvent, on cpu: CPU) {
    guard let listening, !isBroken else { return }
    let meter = meters[cpu]
    listening._withUnsafeGuaranteedRef { domain in
      switch event {
      case .began: began(event, domain, cpu, meter)
      case .ended: ended(event, domain, cpu, meter)
      case .allocated: allocated(event, domain, cpu, meter)
      case .removed: removed(event, domain, cpu, meter)
      case .allocationFailed, .reserved, .split, .found, .returnedNothing:
        heardUnderTree(event, domain, cpu, meter)
      case .cached, .taken, .missed, .flushed: heardUnderCache(event, cpu, meter)
      case .stored, .fetched, .drained, .checked, .trimmed:
        heardUnderDepot(event, domain, cpu, meter)
      case .memoryRefused: memoryRefused(domain, cpu, meter)
      case .closing: closer.store(cpu.index + 1, ordering: .relaxed)
      case .ringMade, .queued, .released, .invalidationStarted, .invalidationFinished,
        .flushTimerArmed, .flushTimerBegan, .flushTimerEnded:
        heardOfQueue(event, domain, cpu, meter)
      case .dma: heardOfDMA(event, domain, cpu, meter)
      }
    }
  }

  override public func reached(_ window: Window, on cpu: CPU) {
    if isSequential { meters[cpu].pointee.note(window) }
  }

  override public func oops(_ oops: Oops, on cpu: CPU) {
    broken(.nothingAbsentIsUsed, oops.rawValue)
  }

  /// Whether to judge this time.
  @inline(__always)
  func isDue(_ meter: MeterRef) -> Bool {
    guard !isBroken, !isSampled || isOccasion(meter) else { return false }
    meter.pointee.checks &+= 1
    return true
  }

  @inline(never)
  private func isOccasion(_ meter: MeterRef) -> Bool {
    guard case .sampled(let interval) = diligence else { return true }
    meter.pointee.occasions &+= 1
    return meter.pointee.occasions % UInt64(interval) == 0
  }
}

/// The unchanging facts of a domain, without the reference counts of its configuration.
struct DomainFacts {
  var start: UInt64 = 1
  var boundary: UInt64 = 1
  var cpus = 1
  var hasAnchor = true
  var shortcut = SearchRules.Shortcut.none
  var roundsSizes = true
  /// Whether unmapped ranges may be queued.
  var defers = false
  /// Whether devices read through it.
  var translates = false
  /// Whether a hypervisor does the invalidating.
  var isGuests = false
  /// Whether a device shares a partner's memory.
  var sharesMemory = false
  /// The bound of the depots; nil for lists.
  var depotBound: Int?

  init() {}

  init(_ domain: IOVADomain) {
    start = domain.configuration.start.raw
    boundary = domain.boundary
    cpus = domain.machine.cpuCount
    hasAnchor = domain.searchRules.anchor
    shortcut = domain.searchRules.shortcut
    roundsSizes = domain.cacheRules.roundsSizes
    defers = domain.hasFlushQueue
    translates = domain.iommu != nil
    isGuests = domain.iommu?.isShadowed ?? false
    sharesMemory = domain.configuration.dma?.devices.contains(where: \.isISM) ?? false
    if case .bounded(let most) = domain.cacheRules.depot { depotBound = most }
  }
}
