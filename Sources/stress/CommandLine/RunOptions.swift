/// What `stress run` was asked to do.
struct RunOptions {
  var threads = 4
  /// `nil` if none was given; a run then takes one from the wall clock.
  var seed: UInt64?
  /// `nil` only if a number of rounds was given and no time.
  var time: Duration?
  var rounds: Int?
  /// `nil` if none was given, which means both.
  var mode: RunMode?
  var policy: String?
  var workload: String?
  var revision: String?
  /// Without duplicates, in the order given.
  var faults: [String] = []
  /// Laws whose violation is ignored, by name or number.
  var except: [String] = []
  /// Whether each request for memory of a program fails once.
  var failsEach = false
  var laws = LawChecking.everyRelease
  var json: String?
  var cases: String?
  var timeline: String?
  var quiet = false

  static let defaultTime = Duration.seconds(10)
  static let maxRounds = 1_000_000_000_000
  static let timeRange = Duration.milliseconds(1)...Duration.seconds(1000 * 3600)

  static var table: [OptionSyntax<Self>] {
    [
      .init(
        "threads", .number(1...64), \.threads,
        "Threads, 1...64; 4 unless given; \(RunPlan.mostControlledCPUs) are interleaved at most"),
      .init("seed", .seed, \.seed, "Seed, such as 42 or 0x2a; taken from the clock unless given"),
      .init(
        "for", .duration(timeRange), \.time,
        "Time, such as 500ms, 30s, 10m or 8h; \(defaultTime.text) unless --rounds is given"),
      .init("rounds", .number(1...maxRounds), \.rounds, "Rounds after which the run ends"),
      .init(
        "mode", .mode, \.mode,
        "How several CPUs run: freely on threads, interleaved by choice, or both in turn"),
      .init(
        "policy", .policy, \.policy,
        "What chooses the interleavings; each of several in turn unless given"),
      .init("workload", .workload, \.workload, "Workload; 'stress workloads' lists them"),
      .init("revision", .revision, \.revision, "Release whose rules the allocator follows"),
      .init(
        "fault", listOf: .fault, \.faults,
        "Faults to switch on, repeated or with commas between; 'stress faults' lists them"),
      .init(
        "except", listOf: .law, \.except,
        "Laws that may be broken, being known findings; 'stress laws' lists them"),
      .init(
        "fail-each", switch: \.failsEach,
        "Repeats each program with one allocation of memory failing, each in turn; not on threads"),
      .init("laws", .lawChecking, \.laws, "When laws are checked; every release unless given"),
      .init("json", .path("FILE"), \.json, "File that receives the results"),
      .init("cases", .path("DIR"), \.cases, "Folder that receives failing cases"),
      .init(
        "timeline", .path("FILE"), \.timeline,
        "File that receives an SVG of a failure that was interleaved"),
      .init("quiet", switch: \.quiet, "No progress is printed"),
    ]
  }

  /// Options that were given but have no effect, each with the reason.
  var idle: [String] {
    var idle: [String] = []
    if threads == 1 {
      let reason = "has no effect: one thread runs programs in order"
      if let mode, mode != .both { idle.append("--mode \(reason)") }
      if policy != nil { idle.append("--policy \(reason)") }
      if timeline != nil { idle.append("--timeline \(reason)") }
    } else if mode == .free {
      let reason = "has no effect: on threads no interleaving is chosen"
      if policy != nil { idle.append("--policy \(reason)") }
      if timeline != nil { idle.append("--timeline \(reason), unless a failure converts") }
    }
    return idle
  }

  /// The same options, with a time limit if nothing says when to end.
  func withAnEnd() -> RunOptions {
    var options = self
    if options.time == nil && options.rounds == nil { options.time = Self.defaultTime }
    return options
  }
}
