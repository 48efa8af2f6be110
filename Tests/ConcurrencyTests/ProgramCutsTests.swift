import Generators
import IOVA
import Invariants
import Testing

@Suite struct `Cuts of a program` {
  private func program(_ count: Int, cpus: Int = 2, inOrder: Int = 0) -> Program {
    var settings = ProgramSettings()
    settings.cpus = cpus
    settings.endsBusy = true
    let commands = (0..<count).map { number in
      Command(
        .allocate(Handle(number), pages: 1, limit: PFN(63), aligned: false),
        on: CPU(number % cpus))
    }
    var program = Program(settings, commands)
    program.inOrder = inOrder
    return program
  }

  @Test func `hold nothing that had not begun`() {
    let whole = program(40, inOrder: 4)
    var cuts = ProgramCuts(whole, begun: [3, 5])
    let begun = whole.commands[..<4] + [4, 5, 6, 7, 8, 9, 11, 13].map { whole.commands[$0] }
    #expect(cuts.whole.commands == Array(begun))
    for number in 0..<50 {
      let cut = cuts.draw(Seed(UInt64(number))).program
      #expect(cut.commands == Array(begun))
      // Teardown had not begun either.
      #expect(!cut.settings.endsBusy)
    }
  }

  @Test func `keep what runs in order, and the order of the rest`() {
    let whole = program(3_000, inOrder: 2)
    var cuts = ProgramCuts(whole, begun: [1_499, 1_499])
    let positions = Dictionary(
      uniqueKeysWithValues: whole.commands.enumerated().map { ($1, $0) })
    for number in 0..<300 {
      let cut = cuts.draw(Seed(UInt64(number))).program
      #expect(cut.isLegal)
      #expect(cut.commands.prefix(2) == whole.commands.prefix(2))
      let found = cut.commands.compactMap { positions[$0] }
      #expect(found == found.sorted())
      #expect(found.count == cut.commands.count)
    }
  }

  @Test func `of each length get the same share of the commands that are run`() {
    var cuts = ProgramCuts(program(3_000), begun: [1_500, 1_500])
    var spent: [Int: Int] = [:]
    for number in 0..<2_000 {
      let cut = cuts.draw(Seed(UInt64(number)))
      guard cut.program.inOrder == 0 else { continue }
      spent[cut.program.commands.count, default: 0] += cut.program.commands.count * cut.repeats
    }
    #expect(spent.keys.sorted() == [16, 64, 256, 1_024, 3_000])
    let (least, most) = (spent.values.min() ?? 0, spent.values.max() ?? 0)
    // Short ones cost more beside their commands.
    #expect(most < 3 * least)
  }

  /// On threads a domain is torn down after every program, be it busy or not.
  @Test func `end with teardown now and again, unless the law broke before`() {
    var whole = program(40)
    whole.settings.endsBusy = false
    let draws = { (begun: [Int]) in
      var cuts = ProgramCuts(whole, begun: begun)
      return Set((0..<50).map { cuts.draw(Seed(UInt64($0))).program.settings.endsBusy })
    }
    #expect(draws([20, 20]) == [false, true])
    #expect(draws([20, 19]) == [false])
  }

  @Test func `run no unplugging in order`() {
    var whole = program(600)
    whole.commands[10] = Command(.unplug, on: CPU(1))
    whole.commands[13] = Command(.plug, on: CPU(1))
    whole.commands.remove(at: 11)
    var cuts = ProgramCuts(whole, begun: [600, 600])
    for number in 0..<300 { #expect(cuts.draw(Seed(UInt64(number))).program.isLegal) }
  }
}

@Suite struct `A fault that leaves out a lock` {
  private func settings(_ fault: Fault) -> ProgramSettings {
    var settings = ProgramSettings()
    settings.cpus = 2
    settings.magazineCapacity = 1
    settings.faults = FaultSet([fault])
    return settings
  }

  /// The change is seen by whoever holds the lock before it is announced.
  @Test func `lets others in between a change and its announcement`() {
    let handle = Handle(0)
    var program = Program(
      settings(.unlockedInsert),
      [
        Command(.allocateFast(handle, pages: 1, limit: PFN(63), flush: false), on: CPU(0)),
        Command(.freeFast(handle), on: CPU(0)), Command(.flushCaches(CPU(0)), on: CPU(1)),
      ])
    program.inOrder = 1
    let book = LawBook(.every, isSequential: false, cpus: 2, except: [.guardsAreHeld])
    let run = ControlledRun(cpus: 2, book)
    let laws = (0..<2_000).map { run.explore(program, Seed(UInt64($0))).finding?.law }
    #expect(laws.contains(Law.everyRangeHasOnePlace.name))
  }

  /// What is lost early is missed at the end only: what comes in between goes many at a time.
  @Test func `costs few replays to find in a long program`() throws {
    var commands = [
      Command(.allocateFast(Handle(0), pages: 1, limit: PFN(63), flush: false), on: CPU(0)),
      Command(.freeFast(Handle(0)), on: CPU(0)), Command(.flushCaches(CPU(0)), on: CPU(1)),
    ]
    for number in 1...400 {
      commands.append(
        Command(
          .allocate(Handle(number), pages: 1, limit: PFN(63), aligned: false),
          on: CPU(number % 2)))
      commands.append(Command(.free(Handle(number)), on: CPU(number % 2)))
    }
    let program = Program(settings(.unlockedInsert), commands)
    let others = Set(Law.all.filter { $0 != .nothingIsLost })
    let book = LawBook(.every, isSequential: false, cpus: 2, except: others)
    let run = ControlledRun(cpus: 2, book)
    for seed in (0..<5_000).map({ Seed(UInt64($0)) }) {
      let found = run.tracing { run.explore(program, seed) }
      guard found.finding != nil else { continue }
      let result = try #require(ProgramShrinker().shrink(program, found.trace.schedule, on: run))
      #expect(result.isComplete)
      #expect(result.program.commands.count == 3)
      #expect(result.replays < 200)
      return
    }
    Issue.record("no schedule loses anything")
  }
}
