/// A concurrent test case as the shrinker sees it: which commands of each CPU are left, and the
/// schedule they run under.
///
/// Commands are known by number only, so that any kind of program can be shrunk.
public struct JointCase: Hashable, Sendable {
  /// By CPU: the numbers of the commands that are left, ascending.
  public var commands: [[Int]]
  /// The order in which they run, replayed leniently.
  public var schedule: Schedule

  /// A case.
  public init(commands: [[Int]], schedule: Schedule) {
    self.commands = commands
    self.schedule = schedule
  }

  /// How many commands are left.
  public var commandCount: Int { commands.reduce(0) { $0 + $1.count } }
  /// How many CPUs have commands left.
  public var busyCPUs: Int { commands.reduce(0) { $1.isEmpty ? $0 : $0 + 1 } }
}
