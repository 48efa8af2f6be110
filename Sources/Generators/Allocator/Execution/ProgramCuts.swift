import IOVA

/// Shorter programs cut out of one that broke a law on threads.
///
/// It is unknown how many commands are needed, and a short program is run hundreds of times while a
/// long one runs once. So each kind of cut gets the same share of the time, short ones first.
package struct ProgramCuts {
  /// A program, and how often it is worth running before another one is tried.
  package struct Cut {
    package let program: Program
    package let repeats: Int
  }

  private struct Kind {
    /// Commands that are interleaved.
    let length: Int
    /// Whether all commands before those run in order first.
    let followsOthers: Bool
    /// Commands run so far.
    var spent = 0
  }

  private static let lengths = [16, 64, 256, 1024]
  /// Fewer kinds, since each runs all commands every time.
  private static let lengthsAfterOthers = [16, 128]
  /// The overhead of an execution, in commands.
  private static let costOfExecution = 16
  /// Commands after which another cut gets its turn.
  private static let turn = 512

  /// Reservations, and what runs in order anyway.
  private let prefix: ArraySlice<Command>
  private let body: [Command]
  private let settings: ProgramSettings
  /// Whether the law broke before all commands had begun.
  private let brokeEarly: Bool
  private var kinds: [Kind]

  /// - Parameter begun: for each CPU, how many commands after those in order had begun; the others
  ///   can't be to blame.
  package init(_ program: Program, begun: [Int]) {
    prefix = program.commands.prefix(program.prefixCount)
    settings = program.settings
    var left = begun
    let rest = program.commands.dropFirst(program.prefixCount)
    let body = rest.filter { command in
      left[command.cpu.index] -= 1
      return left[command.cpu.index] >= 0
    }
    self.body = body
    brokeEarly = body.count < rest.count
    let shorter = { (lengths: [Int]) in lengths.filter { $0 < body.count } }
    kinds = shorter(Self.lengths).map { Kind(length: $0, followsOthers: false) }
    kinds.append(Kind(length: body.count, followsOthers: false))
    kinds += shorter(Self.lengthsAfterOthers).map { Kind(length: $0, followsOthers: true) }
  }

  /// Everything that had begun.
  package var whole: Program {
    var program = cut([], body[...])
    if brokeEarly { program.settings.endsBusy = false }
    return program
  }

  /// Whether all CPUs stood still when the law broke, as far as that is known: at a pause, or after
  /// the last command.
  package var endAtRest: Bool {
    !brokeEarly || body.count.isMultiple(of: FreeRun.commandsBetweenRests)
  }

  /// The next program to try. O(commands)
  package mutating func draw(_ seed: Seed) -> Cut {
    var numbers = SplitMix64(seed)
    let number = kinds.indices.min { (kinds[$0].spent, $0) < (kinds[$1].spent, $1) } ?? 0
    let kind = kinds[number]
    let begin = start(kind, &numbers)
    let before = kind.followsOthers ? body.prefix(begin) : []
    var program = cut(before, body[begin...].prefix(kind.length))
    // Commands that unplug CPUs can't run in order.
    if !program.isLegal { program = cut([], body[begin...].prefix(kind.length)) }
    // A busy end is judged for other things than one at rest; and on threads a domain is torn down
    // after every program, elsewhere only if the program ends that way.
    switch numbers.next(below: 4) {
    case 0, 1: program.settings.endsBusy = false
    case 2: break
    default: program.settings.endsBusy = true
    }
    if brokeEarly { program.settings.endsBusy = false }
    let cost = program.commands.count + Self.costOfExecution
    let repeats = max(1, Self.turn / cost)
    kinds[number].spent += cost * repeats
    return Cut(program: program, repeats: repeats)
  }

  /// Where the interleaved commands begin: as often as not, so that they end where the law broke.
  private func start(_ kind: Kind, _ numbers: inout SplitMix64) -> Int {
    let last = body.count - kind.length
    return switch numbers.next(below: 4) {
    case 0: kind.followsOthers ? last : 0
    case 1: Int(numbers.next(upTo: UInt64(last)))
    default: last
    }
  }

  private func cut(_ before: ArraySlice<Command>, _ commands: ArraySlice<Command>) -> Program {
    var program = Program(settings, Array(prefix + before + commands))
    program.inOrder = prefix.count + before.count
    return program
  }
}
