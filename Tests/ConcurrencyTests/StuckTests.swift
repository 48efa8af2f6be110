import Generators
import IOVA
import Invariants
import Testing

@Suite struct `Whoever waits` {
  private static let depot = LockID.depot(0)
  private static let cache = LockID.cpuCache(CPU(0), 0)

  /// Two locks in opposite order.
  private static let opposed = ConductedToy([
    [.take(depot), .take(.rangeTree), .release(.rangeTree), .release(depot)],
    [.take(.rangeTree), .take(depot), .release(depot), .release(.rangeTree)],
  ])

  /// Who begins, and how many points each passes before the other goes on.
  private func schedule(_ turns: (cpu: Int, steps: Int)...) -> Schedule {
    Schedule(cpus: turns.flatMap { Array(repeating: $0.cpu, count: $0.steps) })
  }

  @Test func `for each other is told, with the locks and their holders`() {
    let outcome = Self.opposed.run(schedule((0, 2), (1, 2)))
    #expect(
      outcome.deadlock == "cpu0 waits for rangeTree, which cpu1 holds; "
        + "cpu1 waits for depot(class 0), which cpu0 holds")
    #expect(outcome.rows.last { $0.isBreach }?.kind == .waits(Self.depot.resource))
  }

  @Test func `for each other in a ring of three is told as well`() {
    let tree = LockID.rangeTree
    let ring = ConductedToy([
      [.take(Self.cache), .take(Self.depot)], [.take(Self.depot), .take(tree)],
      [.take(tree), .take(Self.cache)],
    ])
    let outcome = ring.run(schedule((0, 2), (1, 2), (2, 2)))
    #expect(
      outcome.deadlock == "cpu0 waits for depot(class 0), which cpu1 holds; "
        + "cpu1 waits for rangeTree, which cpu2 holds; "
        + "cpu2 waits for cpuCache(cpu0, class 0), which cpu0 holds")
  }

  @Test func `for one who is done but kept the lock is told`() {
    let toy = ConductedToy([[.take(.rangeTree)], [.take(.rangeTree)]])
    #expect(
      toy.run(Schedule()).deadlock == "cpu1 waits for rangeTree, which cpu0 holds")
  }

  @Test func `for others that wait for the waiting one is told`() {
    let toy = ConductedToy([[.take(.rangeTree), .awaitOthers], [.take(.rangeTree)]])
    #expect(
      toy.run(Schedule()).deadlock
        == "cpu0 waits for all others to end; cpu1 waits for rangeTree, which cpu0 holds")
  }

  @Test func `by taking step after step is told at the limit of steps`() {
    let toy = ConductedToy([
      [.take(.rangeTree), .pass, .spin(whileHeld: Self.depot)],
      [.take(Self.depot), .spin(whileHeld: .rangeTree)],
    ])
    let outcome = toy.run(schedule((0, 2), (1, 2)))
    #expect(
      outcome.deadlock
        == "no end after 1048576 steps of cpu0, cpu1: cpu1 asks for memory again")
    #expect(outcome.steps == 1_048_577)
  }

  @Test func `for nobody is not told of`() {
    let outcome = Self.opposed.run(schedule((0, 5), (1, 5)))
    #expect(outcome.deadlock == nil)
  }

  @Test func `for nobody breaks the order of locks all the same`() {
    let book = LawBook(.every, isSequential: false, cpus: 2)
    let outcome = Self.opposed.run(schedule((0, 5), (1, 5)), book)
    #expect(outcome.deadlock == nil)
    #expect(
      outcome.finding
        == Finding(
          law: Law.locksAreTakenInOrder.name,
          evidence: "cpu1 takes depot(class 0) but already holds rangeTree"))
  }

  /// A timer whose time does not come never runs, and that is lawful.
  @Test func `for a timer that is never due ends with the CPUs`() {
    var settings = ProgramSettings()
    settings.cpus = 2
    settings.magazineCapacity = 1
    let program = Program(
      settings, [Command(.advance(milliseconds: 1), on: CPU(0)), Command(.plug, on: CPU(1))])
    let book = LawBook(.every, isSequential: false, cpus: 2)
    let run = ControlledRun(cpus: 2, book)
    #expect(run.explore(program, Seed(1)).finding == nil)
  }
}
