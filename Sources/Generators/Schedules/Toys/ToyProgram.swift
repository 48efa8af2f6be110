/// A toy program: the commands of each CPU.
///
/// The toys have known probabilities and known minima, so that policies and shrinker can be
/// measured against numbers rather than against each other.
public struct ToyProgram: Hashable, Sendable {
  /// By CPU.
  public var commands: [[ToyCommand]]
  /// Whether each CPU makes its noise under a lock of its own, not under the one of all.
  public var hasPrivateNoise: Bool

  /// A program of these commands.
  public init(_ commands: [[ToyCommand]], hasPrivateNoise: Bool = false) {
    self.commands = commands
    self.hasPrivateNoise = hasPrivateNoise
  }

  /// Three CPUs, of which one step each has to hit between two of another, far from each other.
  ///
  /// A bug of depth 3 in 21 + 9·`skew` steps: 30, 48 and 75 for skews of 1, 3 and 6. Minimal are 3
  /// commands and 4 switches: x is set, y is set, y is checked, and both are cleared.
  public static func chain(skew: Int, hasPrivateNoise: Bool = false) -> ToyProgram {
    func noise(_ count: Int) -> [ToyCommand] { Array(repeating: .noise, count: count) }
    return ToyProgram(
      [
        noise(4) + [.openX] + noise(4),
        noise(4 * skew) + [.openY] + noise(4),
        noise(5 * skew) + [.check] + noise(4),
      ], hasPrivateNoise: hasPrivateNoise)
  }

  /// An allocator of 8 slots as it should be: each command is one critical section of one lock.
  ///
  /// The first half of a CPU's commands allocate, the others free.
  public static func locked(cpus: Int, commands: Int) -> ToyProgram {
    bitmap(cpus, commands, allocation: .allocate)
  }

  /// The same allocator, which finds a slot in one critical section and takes it in the next.
  public static func toctou(cpus: Int, commands: Int) -> ToyProgram {
    bitmap(cpus, commands, allocation: .allocateInTwo)
  }

  private static func bitmap(_ cpus: Int, _ count: Int, allocation: ToyCommand) -> ToyProgram {
    let commands = (0..<count).map { $0 < count / 2 ? allocation : .free }
    return ToyProgram(Array(repeating: commands, count: cpus))
  }

  /// How many commands there are.
  public var count: Int { commands.reduce(0) { $0 + $1.count } }

  /// By CPU, the numbers of all its commands.
  public var allCommands: [[Int]] { commands.map { Array($0.indices) } }

  /// The program that has only these commands, by CPU and in order.
  public func keeping(_ kept: [[Int]]) -> ToyProgram {
    precondition(kept.count == commands.count, "what is kept has to be said for every CPU")
    let rest = zip(commands, kept).map { commands, kept in kept.map { commands[$0] } }
    return ToyProgram(rest, hasPrivateNoise: hasPrivateNoise)
  }
}

extension ToyProgram: CustomStringConvertible {
  /// One line for each CPU that has commands.
  public var description: String {
    commands.enumerated().filter { !$0.element.isEmpty }
      .map { cpu, commands in
        "cpu\(cpu): " + commands.map(\.rawValue).joined(separator: ", ")
      }
      .joined(separator: "\n")
  }
}
