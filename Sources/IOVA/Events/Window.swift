/// A moment between two steps of one call at which other CPUs may interfere, and which no lock
/// marks.
///
/// A supervisor is told before the step that follows, so that it may let others run first.
public enum Window: UInt8, Sendable, CaseIterable {
  /// The CPU was sampled, its cache not yet locked (rule 54).
  case cpuSampled
  /// The set of online CPUs is read next.
  case onlineRead
  /// The set of online CPUs is changed next.
  case onlineChange
  /// Memory is asked for next.
  case memoryAsked
  /// A timer is armed next.
  case timerArmed
  /// The clock moved, and a timer is due.
  case timerDue
  /// A magazine left its depot, and goes back to the tree next.
  case magazineFetched
  /// A range was looked up, and is removed under another hold of the lock.
  case rangeFound
  /// How many invalidations have started or finished is read next (rules 67, 68).
  case epochRead
  /// How many invalidations have started or finished is changed next (rule 66).
  case epochChange
  /// A range got its stamp, and is stored in its ring next (rule 67).
  case stampTaken
  /// An invalidation was counted as started, and is done next.
  case invalidation
  /// Whether the flush timer is on is read next (rule 71).
  case timerFlagRead
  /// Whether the flush timer is on is changed next (rule 71).
  case timerFlagChange
  /// Whether unmappings are deferred is read next (rule 74).
  case modeRead
  /// Whether unmappings are deferred is changed next (rule 74).
  case modeChange
  /// Translations were cleared, and hardware may remember them (rule 85).
  case translationsCleared
  /// A table is put in place of an empty entry next (rule 94).
  case tableInstall
  /// The domain was seen not to be initialised, and is next (rule 78).
  case initialisation
  /// What a device can address is read next (rule 80).
  case maskRead
  /// What a device can address is changed next.
  case maskChange
  /// A device accesses a page next.
  case deviceAccess
  /// A hypervisor looks at the page table next (rule 87).
  case shadowRefresh

  /// What the CPU does next, in a sentence about it.
  public var phrase: String { "\(words)" }

  /// The same, as a literal.
  var words: StaticString {
    switch self {
    case .cpuSampled: "has sampled its CPU"
    case .onlineRead: "reads which CPUs are online"
    case .onlineChange: "changes which CPUs are online"
    case .memoryAsked: "asks for memory"
    case .timerArmed: "arms a timer"
    case .timerDue: "has made a timer due"
    case .magazineFetched: "has a magazine to give back"
    case .rangeFound: "has found the range"
    case .epochRead: "reads how many invalidations there were"
    case .epochChange: "counts an invalidation"
    case .stampTaken: "has a stamp for its range"
    case .invalidation: "invalidates everything"
    case .timerFlagRead: "reads whether the flush timer is on"
    case .timerFlagChange: "changes whether the flush timer is on"
    case .modeRead: "reads whether unmappings are deferred"
    case .modeChange: "changes whether unmappings are deferred"
    case .translationsCleared: "has cleared translations"
    case .tableInstall: "puts a table in place"
    case .initialisation: "initialises the domain"
    case .maskRead: "reads what the device can address"
    case .maskChange: "changes what the device can address"
    case .deviceAccess: "has a device access a page"
    case .shadowRefresh: "has a hypervisor look at the page table"
    }
  }
}
