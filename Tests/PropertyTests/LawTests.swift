import Generators
import IOVA
import Invariants
import Synchronization
import Testing

@Suite struct `A law` {
  @Test(arguments: Breach.full)
  func `in its full form is broken by hand`(breach: Breach) throws {
    try expectBroken(breach)
  }

  @Test(arguments: Breach.incremental)
  func `in its incremental form is broken by hand`(breach: Breach) throws {
    try expectBroken(breach)
  }

  private func expectBroken(
    _ breach: Breach, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let violation = try breach.violation()
    #expect(violation?.law.name == breach.law.name, sourceLocation: sourceLocation)
    #expect(violation?.evidence.isEmpty == false, sourceLocation: sourceLocation)
  }

  @Test func `without a test that breaks it by hand does not exist`() {
    let broken = Set((Breach.full + Breach.incremental).map(\.law.name))
    #expect(broken == Set(Law.all.map(\.name)))
  }

  @Test func `that has a full form is broken in it`() {
    let forms =
      Invariant<TreeSnapshot>.all.map(\.law.name) + Invariant<DomainSnapshot>.atRest.map(\.law.name)
    let broken = Set(Breach.full.map(\.law.name))
    for form in forms { #expect(broken.contains(form)) }
  }

  @Test func `has a name and a number of its own`() {
    #expect(Set(Law.all.map(\.name)).count == Law.all.count)
    #expect(Set(Law.all.map(\.id)).count == Law.all.count)
    for law in Law.all {
      #expect(Law.named(law.name) == law)
      #expect(Law.named(law.id) == law)
    }
    #expect(Law.named("I999") == nil)
  }

  @Test func `holds for the snapshots that are then broken by hand`() throws {
    for law in Invariant<TreeSnapshot>.all + [.max32IsSound] {
      #expect(law.judge(Breach.lawfulTree()) == nil)
    }
    for law in Invariant<DomainSnapshot>.atRest {
      #expect(law.judge(try Breach.lawfulDomain()) == nil)
    }
  }
}

/// Has a book judge by the incremental forms, and judges by the full ones at each release of T.
private final class BothForms: Supervisor, @unchecked Sendable {
  let book: LawBook
  /// Laws of the tree that one form alone found broken; both run on the one thread of the test.
  private(set) var disagreement: String?
  private(set) var releases = 0

  init(_ book: LawBook) { self.book = book }

  var judge: Judge { book.behind(self) }

  func acquiring(_ lock: LockID, on cpu: CPU) { book.acquiring(lock, on: cpu) }
  func observed(_ event: DomainEvent, on cpu: CPU) { book.observed(event, on: cpu) }
  func reached(_ window: Window, on cpu: CPU) { book.reached(window, on: cpu) }
  func oops(_ oops: Oops, on cpu: CPU) { book.oops(oops, on: cpu) }

  func releasing(_ lock: LockID, on cpu: CPU) {
    let wasBroken = book.isBroken
    book.releasing(lock, on: cpu)
    guard lock.rank == .rangeTree, let domain = book.domain, !wasBroken, disagreement == nil
    else { return }
    releases += 1
    let snapshot = domain.treeSnapshot()
    let full = Invariant<TreeSnapshot>.all.lazy.compactMap { $0.judge(snapshot) }.first
    let names = Invariant<TreeSnapshot>.all.map(\.law.name)
    // The book stops at the first law that is broken, which need not be one of the tree's.
    if let full, !book.isBroken {
      disagreement = "only the full form finds \(full.law.name): \(full.evidence)"
    } else if full == nil, let found = book.violation, names.contains(found.law.name),
      !found.evidence.hasPrefix("a delete moved")
    {
      disagreement = "only the incremental form finds \(found.law.name): \(found.evidence)"
    }
  }
}

@Suite struct `Full and incremental forms` {
  @Test(arguments: [nil] + Fault.allCases)
  func `agree at each release of T in random programs`(fault: Fault?) throws {
    let faults = fault.map { FaultSet([$0]) } ?? .none
    let generator = ProgramGenerator(.everything, faults: faults, length: 40)
    let forms = BothForms(
      LawBook(.every, isSequential: true, cpus: ProgramGenerator.mostCPUs))
    let run = SequentialRun(forms.judge)
    for seed in try Rounds(25) {
      var source = ChoiceSource(seed: seed)
      let finding = run.run(generator.draw(from: &source))
      #expect(forms.disagreement == nil, seed.line())
      if fault == nil { #expect(finding == nil, seed.line()) }
    }
    #expect(forms.releases > 0)
  }
}
