import IOVA

/// The names of the allocator's CPUs, locks and windows.
package struct AllocatorLexicon: Lexicon {
  /// CPUs of the program; the actor after them is the worker.
  let cpus: Int

  package init(cpus: Int) { self.cpus = cpus }

  package func actor(_ number: Int) -> String { number == cpus ? "worker" : "\(CPU(number))" }

  package func name(_ resource: Resource) -> String { LockID(resource).description }

  /// The size class is 0 unless it is named.
  package func shortName(_ resource: Resource) -> String {
    let lock = LockID(resource)
    let isFirst = lock.sizeClass == 0
    switch lock.rank {
    case .cpuCache: return "cache(cpu\(lock.cpu)\(isFirst ? "" : ", class \(lock.sizeClass)"))"
    case .depot: return isFirst ? "depot" : lock.description
    case .rangeTree: return "tree"
    case .flushRing: return "ring(cpu\(lock.cpu))"
    case .attachment, .worker, .tableSplit, .tableMemory, .physicalMemory, .timers:
      return lock.description
    }
  }

  package func kind(_ resource: Resource) -> String {
    switch LockID(resource).rank {
    case .cpuCache: "cache"
    case .depot: "depot"
    case .flushRing: "ring"
    case .rangeTree: "tree"
    case .attachment: "attach"
    case .tableSplit: "split"
    case .tableMemory: "tables"
    case .physicalMemory: "memory"
    case .worker, .timers: "worker"
    }
  }

  package func phrase(at place: UInt32) -> String {
    switch place {
    case SwitchPoint.handlePlace: "uses its handle"
    case SwitchPoint.announcingPlace: "announces a change"
    default: Window(rawValue: UInt8(place)).map(\.phrase) ?? "is nowhere"
    }
  }

  package func stop(at place: UInt32) -> String {
    switch place {
    case SwitchPoint.handlePlace: "before using its handle"
    case SwitchPoint.announcingPlace: "before announcing a change"
    default: "when it \(phrase(at: place))"
    }
  }

  /// The step is what comes next: that a timer is due says nothing about an order.
  package func phrase(goingOnFrom point: SwitchPoint) -> String {
    point == .window(.timerDue) ? "goes on with a timer due" : phrase(point)
  }

  /// All points of the allocator on its CPUs.
  package var points: [SwitchPoint] {
    let locks = LockRank.allCases.flatMap { LockID.all(of: $0, cpus: cpus) }
    return Self.places + locks.map(SwitchPoint.takes) + locks.map(SwitchPoint.released)
  }

  /// The points that are not at a lock.
  private static let places = Window.allCases.map(SwitchPoint.window) + [.handle, .announces]

  /// Whether a phrase belongs to a point, on any CPU.
  static func knows(_ phrase: Substring) -> Bool {
    let lexicon = AllocatorLexicon(cpus: 0)
    if places.contains(where: { lexicon.phrase($0) == phrase }) { return true }
    for verb in ["takes ", "has released "] where phrase.hasPrefix(verb) {
      return LockID(phrase.dropFirst(verb.count)) != nil
    }
    return false
  }
}

extension SwitchPoint {
  fileprivate static let handlePlace = UInt32(Window.allCases.count)
  fileprivate static let announcingPlace = handlePlace + 1

  /// Before the lock is taken.
  package static func takes(_ lock: LockID) -> SwitchPoint { .takes(lock.resource) }

  /// Right after the lock was released.
  package static func released(_ lock: LockID) -> SwitchPoint { .released(lock.resource) }

  /// At a window that no lock marks.
  @inline(__always)
  package static func window(_ window: Window) -> SwitchPoint { .at(UInt32(window.rawValue)) }

  /// Before the command looks up or names a range that another CPU's command names as well.
  package static let handle = SwitchPoint.at(handlePlace)

  /// Between a change and its announcement, if a fault leaves out the lock that guards it: then
  /// nothing keeps others from coming in between, not even those who take the lock.
  package static let announces = SwitchPoint.at(announcingPlace)
}

// MARK: Numbers of locks

extension LockID {
  /// Locks of which there is one, or one for each size class; they are numbered before those of
  /// CPUs.
  private static let shared: [LockID] = LockRank.allCases.filter { !$0.isOfCPU }
    .flatMap { all(of: $0, cpus: 1) }
  /// Locks that each CPU has.
  private static let ofCPU = SizeClass.count + 1

  /// By rank, the number of its first shared lock.
  private static let firsts: [Int] = LockRank.allCases.map { rank in
    shared.firstIndex { $0.rank == rank } ?? 0
  }

  /// How many locks a machine with `cpus` CPUs has.
  static func count(cpus: Int) -> Int { shared.count + cpus * ofCPU }

  /// The lock as a resource: its number does not depend on the number of CPUs. O(1)
  package var resource: Resource { .lock(LockNumbers.shared.number(of: self)) }

  /// The lock that a resource stands for.
  init(_ resource: Resource) {
    let number = resource.index
    guard number >= Self.shared.count else {
      self = Self.shared[number]
      return
    }
    let (cpu, place) = (number - Self.shared.count).quotientAndRemainder(dividingBy: Self.ofCPU)
    self = place == 0 ? .flushRing(CPU(cpu)) : .cpuCache(CPU(cpu), place - 1)
  }

  fileprivate static var numbersOfRanks: [(first: Int, ofCPU: Int)] {
    LockRank.allCases.map { rank in
      switch rank {
      case .flushRing: (shared.count, ofCPU)
      case .cpuCache: (shared.count + 1, ofCPU)
      default: (firsts[Int(rank.rawValue)], 0)
      }
    }
  }
}

/// By rank, the number of its first lock, and how many locks each CPU has: a few loads for each
/// lock.
struct LockNumbers: @unchecked Sendable {
  static let shared = LockNumbers()

  private let ranks: UnsafeMutablePointer<(first: Int, ofCPU: Int)>

  /// Lives as long as the process.
  private init() {
    let numbers = LockID.numbersOfRanks
    ranks = .allocate(capacity: numbers.count)
    ranks.initialize(from: numbers, count: numbers.count)
  }

  @inline(__always)
  func number(of lock: LockID) -> Int {
    let rank = ranks[Int(lock.rank.rawValue)]
    return rank.first &+ Int(lock.cpu) &* rank.ofCPU &+ Int(lock.sizeClass)
  }
}

// MARK: Other resources at which steps can meet

extension Resource {
  /// The timers of the machine.
  static var timers: Resource { .other(0) }
  /// The set of online CPUs.
  private static var online: Resource { .other(1) }
  /// The counts of invalidations, and what depends on them.
  private static var epoch: Resource { .other(2) }
  /// Whether the flush timer is on.
  private static var timerFlag: Resource { .other(3) }
  /// Whether unmappings are deferred.
  private static var mode: Resource { .other(4) }
  /// Page tables, and what hardware remembers of them.
  private static var translations: Resource { .other(5) }
  /// What devices can address.
  private static var masks: Resource { .other(6) }

  /// What a handle stands for.
  static func handle(_ handle: Handle) -> Resource { .other(7 + handle.number) }

  /// What the step after a window touches, and whether it changes that.
  @inline(__always)
  static func of(_ window: Window) -> (Resource, writes: Bool) {
    switch window {
    case .onlineRead: (online, false)
    case .onlineChange: (online, true)
    case .timerArmed, .timerDue: (timers, true)
    case .epochRead: (epoch, false)
    case .epochChange, .invalidation: (epoch, true)
    case .timerFlagRead: (timerFlag, false)
    case .timerFlagChange: (timerFlag, true)
    case .modeRead: (mode, false)
    case .modeChange: (mode, true)
    case .maskRead: (masks, false)
    case .maskChange: (masks, true)
    case .translationsCleared, .tableInstall, .deviceAccess, .initialisation, .shadowRefresh:
      (translations, true)
    case .cpuSampled, .memoryAsked, .magazineFetched, .rangeFound, .stampTaken: (.none, false)
    }
  }
}
