import Dispatch
import IOVA

/// Runs programs on threads that really run at the same time, one for each CPU.
///
/// With a private serial queue for each CPU, Dispatch runs them all at the same time, however many
/// cores there are. The CPUs start together, pause together every few hundred commands, and are
/// judged at rest then.
public final class FreeRun: Sendable {
  /// Commands of the whole program between two pauses.
  public static let commandsBetweenRests = 512

  public let cpus: Int
  public let judge: Judge
  private let queues: [DispatchQueue]
  private let handles = HandleTable(isShared: true)

  public init(cpus: Int, _ judge: Judge) {
    self.cpus = cpus
    self.judge = judge
    queues = (0..<cpus).map { DispatchQueue(label: "cpu\($0)") }
  }

  /// Runs a program to its end, to teardown, or to the first broken law.
  ///
  /// - Parameter locking: with `.nothing` the locks lock nothing, and a law should break.
  public func run(_ program: Program, locking: Machine.Locking = .spin) -> Finding? {
    runNoting(program, locking: locking).finding
  }

  /// Runs a program as `run` does.
  ///
  /// - Returns: what broke, and how many commands each CPU had begun by then, without those that
  ///   run in order.
  package func runNoting(
    _ program: Program, locking: Machine.Locking = .spin
  ) -> (finding: Finding?, begun: [Int]) {
    precondition(program.settings.cpus == cpus, "a program runs on as many CPUs as it was made for")
    defer { judge.resets() }
    let machine = Machine(
      cpus: cpus, clock: .virtual, locking: locking, supervisor: judge.supervisor)
    guard let domain = SequentialRun.makeDomain(program.settings, on: machine, judge) else {
      return (judge.found, [])
    }
    judge.opens(domain)
    handles.reset(count: program.handleCount)
    let interpreter = Interpreter(
      domain: domain, handles: handles, judge: judge, program: program)
    let prefix = program.commands.prefix(program.prefixCount)
    for command in prefix { interpreter.run(command) }
    let lanes = FreeRun.lanes(of: program.commands.dropFirst(prefix.count), cpus: cpus)
    let barrier = SpinBarrier(parties: cpus)
    let group = DispatchGroup()
    let begun = BegunCommands(cpus: cpus)
    for (cpu, lane) in lanes.enumerated() {
      queues[cpu].async(group: group) {
        begun.note(FreeRun.run(lane, interpreter, barrier), of: cpu)
      }
    }
    group.wait()
    if !judge.isBroken, !program.settings.endsBusy { interpreter.finish() }
    judge.ends(domain)
    return (judge.found, begun.counts)
  }

  /// The commands of each CPU, cut at the pauses.
  private static func lanes(of commands: ArraySlice<Command>, cpus: Int) -> [[[Command]]] {
    let rests = commands.count / commandsBetweenRests + 1
    var lanes = Array(repeating: Array(repeating: [Command](), count: rests), count: cpus)
    for (number, command) in commands.enumerated() {
      lanes[command.cpu.index][number / commandsBetweenRests].append(command)
    }
    return lanes
  }

  /// Returns how many commands have begun.
  private static func run(
    _ lane: [[Command]], _ interpreter: Interpreter, _ barrier: SpinBarrier
  ) -> Int {
    var begun = 0
    for part in lane {
      barrier.wait()
      for command in part {
        if interpreter.judge.isBroken { break }
        begun += 1
        interpreter.run(command)
      }
      barrier.wait { if !interpreter.judge.isBroken { interpreter.judge.rests() } }
    }
    return begun
  }
}

/// How far each CPU got: one word each, written by its own thread and read after all have ended.
private final class BegunCommands: @unchecked Sendable {
  private let cpus: Int
  private let words: UnsafeMutablePointer<Int>

  init(cpus: Int) {
    self.cpus = cpus
    words = .allocate(capacity: cpus)
    words.initialize(repeating: 0, count: cpus)
  }

  deinit { words.deallocate() }

  func note(_ count: Int, of cpu: Int) { words[cpu] = count }

  /// Only while nobody runs.
  var counts: [Int] { (0..<cpus).map { words[$0] } }
}
