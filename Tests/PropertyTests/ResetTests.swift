import Generators
import IOVA
import Invariants
import Testing

/// Writes down everything that can be seen of a domain: locks, events, snapshots and counters.
private final class Diary: Judge, @unchecked Sendable {
  private(set) var lines: [String] = []
  private var domain: IOVADomain?

  override func acquiring(_ lock: LockID, on cpu: CPU) { note("\(cpu) wants \(lock)") }
  override func releasing(_ lock: LockID, on cpu: CPU) { note("\(cpu) releases \(lock)") }
  override func observed(_ event: DomainEvent, on cpu: CPU) { note("\(cpu) \(event)") }
  override func oops(_ oops: Oops, on cpu: CPU) { note("\(cpu) \(oops)") }
  override func reached(_ window: Window, on cpu: CPU) { note("\(cpu) \(window)") }

  /// How a domain is made is not what is compared.
  private func note(_ line: String) {
    if domain != nil { lines.append(line) }
  }

  func clear() { lines.removeAll() }

  private func look() {
    guard let domain else { return }
    let machine = domain.machine
    lines.append("\(domain.snapshot())")
    lines.append("\(domain.counters)")
    lines.append(
      "\(machine.now) ms, \(machine.onlineCount) online, \(machine.hasArmedTimers), "
        + "\(machine.memory.refusals) refusals, \(domain.isReusable)")
  }

  /// Looks at the domain before the first command and after the last.
  override func opens(_ domain: IOVADomain) {
    self.domain = domain
    look()
  }

  override func restsBriefly() { look() }
  override func closes(_ remains: DomainRemains) { lines.append("\(remains)") }
  override func resets() { domain = nil }
}

@Suite struct `A domain that was reset` {
  /// What is seen of a program, on a domain that was used by others before.
  private func seen(_ program: Program, after others: [Program]) -> [String] {
    let diary = Diary()
    let run = RepeatedRun(diary)
    for other in others { _ = run.run(other, repeats: 1) }
    diary.clear()
    _ = run.run(program, repeats: 1)
    return diary.lines
  }

  private func check(
    _ seed: Seed, _ revision: Revision, _ faults: FaultSet = .none,
    _ workload: Workload = .everything
  ) {
    let generator = ProgramGenerator(
      workload, revision: revision, faults: faults, cpus: 3, length: 24)
    var source = ChoiceSource(seed: seed)
    let program = generator.draw(from: &source)
    let others = (0..<2).map { _ in
      Program(program.settings, generator.draw(from: &source).commands)
    }
    let fresh = seen(program, after: [])
    let reused = seen(program, after: others)
    if fresh != reused {
      let (first, second) = zip(fresh, reused).first { $0 != $1 } ?? ("", "")
      Issue.record("\(revision.name) \(faults.faults): \(first) became \(second); \(seed.line())")
    }
  }

  @Test func `can't be told from a fresh one, under every release`() throws {
    for seed in try Rounds(40) {
      for revision in Revision.all { check(seed, revision) }
    }
  }

  @Test func `can't be told from a fresh one at full scale`() throws {
    let workload = Workload.fullScale
    for seed in try Rounds(5) { check(seed, .current, .none, workload) }
  }

  @Test func `can't be told from a fresh one, whatever fault left its state behind`() throws {
    for seed in try Rounds(20) {
      for fault in Fault.allCases { check(seed, .current, FaultSet([fault])) }
    }
  }

  @Test func `has lost nothing, and says so when it has`() throws {
    let domain = try ExampleDomain()
    domain.park(9)
    _ = domain.allocate(64)
    #expect(domain.domain.counters.magazinesLive > 12)
    #expect(domain.rangeCount == 10)
    #expect(domain.domain.reset().isEmpty)
    #expect(domain.rangeCount == 0)
    #expect(domain.domain.counters.magazinesLive == 12)
    domain.domain.tamper { _ = $0.slab.allocate(5, 5) }
    #expect(domain.domain.reset().rangeObjects == 1)
  }

  @Test func `is judged by sums, which notice what is missing`() throws {
    let book = LawBook(.every, isSequential: false, takesTurns: true, cpus: 1)
    let example = try ExampleDomain(supervisor: book)
    book.open(example.domain)
    example.park(9)
    book.judgeSums()
    #expect(!book.isBroken)
    example.domain.tamper { _ = $0.slab.allocate(5, 5) }
    book.judgeSums()
    #expect(book.violation?.law == .memoryIsAccounted)
    book.reset()
  }
}
