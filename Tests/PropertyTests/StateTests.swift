import Foundation
import Generators
import IOVA
import Invariants
import Testing

/// What `stress replay --states` prints after all else.
@Suite struct `The states of a replay` {
  /// The lines that a replay prints of the states of a case.
  private func states(_ path: String) throws -> String {
    let file = Document.root.appending(path: path).path()
    let output = try StressProcess(["replay", file, "--states"]).output
    let start = try #require(output.firstRange(of: "\n\n  the domain at the start\n"))
    return String(output[start.lowerBound...].dropFirst(2).dropLast())
  }

  private func finding(_ name: String) throws -> String {
    try states("Tests/PropertyTests/Findings/\(name).case")
  }

  /// A program of one CPU, run in order, as its states are printed.
  private func states(_ settings: ProgramSettings, _ actions: Command.Action...) -> [String] {
    SequentialRun(.none).states(Program(settings, actions.map { Command($0, on: CPU(0)) })).lines
  }

  // MARK: Cases

  @Test func `stand in the page of cases as they are printed`() throws {
    let page = try Document("Documents/CASES.md")
    let block = try #require(page.blocks.first { $0.contains { $0.contains(" --states") } })
    let words = try #require(block.first?.split(separator: " "))
    let path = try #require(words.first { $0.hasSuffix(".case") })
    #expect(words.starts(with: ["$", "swift", "run", "-c", "release", "stress", "replay", path]))
    #expect(try states(String(path)) == block.dropFirst(2).joined(separator: "\n"))
  }

  @Test func `show what devices reach, and which pages lead where`() throws {
    #expect(try finding("16-limitsAreKept") == devices)
  }

  @Test func `of interleaved CPUs are printed wherever one of them stops`() throws {
    #expect(try finding("15-ringsAreWellFormed") == interleaved)
  }

  @Test func `of steps that change nothing are only said to be the same`() throws {
    #expect(
      try states("Tests/ConcurrencyTests/Cases/A13.case") == """
          the domain at the start
            search         cached anchor, cached32 anchor
          1 on cpu0: a0 = allocate(1, below: 0xf)  → 0xf
            tree           0xf  held by a0
            search         cached anchor, cached32 0xf
          2 on cpu0: freeShared(a0), stops after releasing tree
            …
          3 on cpu1: freeShared(a0)
            tree           nothing
            search         cached anchor, cached32 anchor
        ✘ 2 on cpu0: freeShared(a0)
            …
        """)
  }

  @Test func `of a failure that is gone are those of the schedule as it is written`() throws {
    #expect(
      try states("Tests/ConcurrencyTests/Cases/A13-mended.case") == """
          the domain at the start
            search         cached anchor, cached32 anchor
          1 on cpu0: a0 = allocate(1, below: 0xf)  → 0xf
            tree           0xf  held by a0
            search         cached anchor, cached32 0xf
          2 on cpu0: freeShared(a0), stops after releasing tree
            tree           0xf  held by a0, but not in the tree
            search         cached anchor, cached32 anchor
          3 on cpu1: freeShared(a0)
            …
          2 on cpu0: freeShared(a0)
            tree           nothing
            …
        """)
  }

  @Test func `end where the domain is torn down`() throws {
    let lines = try states("Tests/ConcurrencyTests/Cases/R16.case").split(separator: "\n")
    #expect(lines.suffix(2) == ["✘ 8 on worker: a timer", "    torn down"])
  }

  @Test func `are none if the domain can't be made`() {
    var settings = ProgramSettings()
    settings.initialCredit = 0
    #expect(states(settings, .find(PFN(1))) == ["  no domain can be made"])
    let program = Program(settings, [Command(.find(PFN(1)), on: CPU(0))])
    let run = ControlledRun(cpus: 1, .none)
    #expect(
      run.states(program) { run.replay(program, Schedule()) }.lines == ["  no domain can be made"])
  }

  @Test func `can't be had of real threads, nor with a test`() throws {
    let file = Document.root.appending(path: "Tests/ConcurrencyTests/Cases/A13.case").path()
    let test = try StressProcess(["replay", file, "--states", "--as-test"])
    #expect(test.error == "stress: --states has no effect: a test is only printed\n")
  }

  // MARK: Parts

  @Test func `name all who have a range, and what nobody has or is not there`() {
    let free = PFNRange(PFN(0x5), pages: 3)
    let range = PFNRange(PFN(0xC), pages: 4)
    let holders = [
      Holder(PFNRange(PFN(0xC), pages: 3), "held by a0"),
      Holder(PFNRange(PFN(0xD), pages: 1), "held by a1"),
      Holder(PFNRange(PFN(0xC), pages: 8), "ring 0"),
      Holder(PFNRange(PFN(0x9), pages: 1), "depot class 0"),
    ]
    #expect(
      DomainState.tree([range, free], holders) == [
        "0x5...0x7  nobody has it",
        "0x9        depot class 0, but not in the tree",
        "0xc...0xf  held by a0, ring 0 (0xc...0x13), held by a1 (0xd)",
      ])
  }

  @Test func `tell reservations that became one range or several as reserved`() {
    let lines = states(
      ProgramSettings(), .reserve(PFNRange(PFN(5), through: PFN(7))),
      .reserve(PFNRange(PFN(7), through: PFN(9))))
    #expect(
      lines.suffix(4) == [
        "  2 on cpu0: reserve(0x7...0x9)", "    tree           0x5...0x7  reserved",
        "                   0x8...0x9  reserved", "    …",
      ])
  }

  @Test func `show a shortcut of either kind of request`() {
    var settings = ProgramSettings()
    settings.boundary = 8
    func allocation(_ handle: Int, _ pages: UInt64, aligned: Bool = false) -> Command.Action {
      .allocate(Handle(handle), pages: pages, limit: PFN(7), aligned: aligned)
    }
    #expect(
      states(settings, allocation(0, 7, aligned: true), allocation(1, 1), allocation(2, 7)).filter {
        $0.contains("shortcut")
      } == [
        "    shortcut       max32 7, unaligned unknown", "    shortcut       max32 7, unaligned 7",
        "    shortcut       nothing",
      ])
  }

  @Test func `show magazines, depots and the machine`() {
    var settings = ProgramSettings()
    settings.cpus = 2
    settings.magazineCapacity = 1
    let take = (0..<3).map {
      Command(
        .allocateFast(Handle($0), pages: 2, limit: PFN(0xF), flush: false), on: CPU(0))
    }
    let give = (0..<3).map { Command(.freeFast(Handle($0)), on: CPU(0)) }
    let others = [Command(.unplug, on: CPU(1)), Command(.advance(milliseconds: 100), on: CPU(0))]
    let lines = SequentialRun(.none).states(Program(settings, take + give + others)).lines
    let start = lines.firstIndex(of: "  6 on cpu0: freeFast(a2)") ?? 0
    #expect(lines[start...].prefix(17).joined(separator: "\n") == parked)
  }

  @Test func `show what waits for an invalidation, and what hardware remembers`() {
    var settings = ProgramSettings()
    settings.flushQueue = FlushOptions(.perCPU, slots: 4, timeout: 10)
    var dma = DMASettings()
    dma.devices = [DMADevice(mask: PFN(0xFFF), isPCI: false)]
    settings.dma = dma
    let a0 = Handle(0)
    let lines = states(
      settings, .map(a0, pages: 256, .readWrite, device: 0, shifted: true),
      .access(a0, page: 0), .access(a0, page: 1), .unmap(a0), .advance(milliseconds: 10))
    #expect(lines.joined(separator: "\n") == remembered)
  }

  @Test func `show a walker that does not see what is stored`() {
    let lines = SequentialRun(.none).states(FaultProgram(.q04).program).lines
    #expect(lines.joined(separator: "\n") == unseen)
  }

  @Test func `have parts that are all explained in the page of cases`() throws {
    var settings = ProgramSettings()
    settings.flushQueue = .single
    settings.dma = DMASettings()
    var names: Set<String> = []
    for shadow in [nil, 8] {
      settings.dma?.shadow = shadow
      let domain = try IOVADomain(on: Machine(cpus: 1, clock: .virtual), settings.configuration)
      names.formUnion(DomainState(of: domain).parts.map(\.name))
    }
    let explained = try Document("Documents/CASES.md").rows.map { $0[0] }
      .flatMap { $0.components(separatedBy: ", ") }
    let kinds = Set(names.map { $0.filter { !$0.isNumber } })
    #expect(kinds.count == 15)
    #expect(
      kinds.filter { kind in !explained.contains { $0.filter { !$0.isNumber } == "`\(kind)`" } }
        == [])
  }

  @Test(arguments: Fault.allCases)
  func `of whatever a fault leaves can be told, twice alike and within the columns`(fault: Fault) {
    let program = FaultProgram(fault).program
    let cpus = program.settings.cpus
    let run = SequentialRun(LawBook(.every, isSequential: true, cpus: cpus))
    let lines = run.states(program).lines
    #expect(lines == run.states(program).lines)
    #expect(lines.filter { $0.count > 100 } == [])
    let controlled = ControlledRun(cpus: cpus, LawBook(.every, isSequential: false, cpus: cpus))
    for number in 0..<4 as Range<UInt64> {
      let told = (0..<2).map { _ in
        var source = ChoiceSource(seed: Seed(number))
        return controlled.states(program) { controlled.run(program, &source) }.lines
      }
      #expect(told[0] == told[1])
      #expect(told[0].filter { $0.count > 100 } == [])
    }
  }
}

private let devices = """
    the domain at the start
      search         cached anchor, cached32 anchor
      device 0       mask 0x3f, coherent mask 0xf, 32 bits first
      device 1       mask 0x1, coherent mask 0xf, 32 bits first
    1 on cpu0: a0 = map(16, rw, device: 0)  → 0x30...0x3f
      tree           0x30...0x3f  held by a0
      search         cached 0x30...0x3f, cached32 anchor
      page table     0x0...0xff   table, 16 of 256 words
                     0x30...0x3f  → 0x80000000, rw, 64K
      device 0       mask 0x3f, coherent mask 0xf
      …
    2 on cpu0: unmap(a0)
      tree           0x30...0x3f  loaded of cpu0 class 4
      cpu0 class 4   loaded 0x30
      page table     0x0...0xff  table, 0 of 256 words
      …
  ✘ 3 on cpu0: a1 = map(16, rw, device: 1)  → 0x30...0x3f
      tree           0x30...0x3f  held by a1
      cpu0 class 4   nothing
      page table     0x0...0xff   table, 16 of 256 words
                     0x30...0x3f  → 0x80400000, rw, 64K
      …
  """

private let interleaved = """
    the domain at the start
      search         cached anchor, cached32 anchor
      flush queue    in use
    1 on cpu0: a1 = allocateFast(1, below: 0xf)  → 0xf
      tree           0xf  held by a1
      search         cached anchor, cached32 0xf
      …
    2 on cpu2: a0 = allocateFast(1, below: 0xf)  → 0xe
      tree           0xe  held by a0
                     0xf  held by a1
      search         cached anchor, cached32 0xe
      …
    3 on cpu2: deferFree(a0)
      tree           0xe  ring 2
                     0xf  held by a1
      flush queue    in use, flag on, timer armed
      ring 2         head 0, tail 1, 2 slots, 1 queued, 0 released
                     0xe  stamp 0
      …
    4 on cpu2: advance(100)
      machine        time 100 ms
      …
    5 on cpu2: deferFree(a1), stops when it counts an invalidation
      tree           0xe  ring 2
                     0xf  nobody has it
      invalidations  1 started, 0 finished
      …
    6 on worker: a timer, stops before taking worker
      …
    5 on cpu2: deferFree(a1), stops before taking cache(cpu2)
      tree           0xe  nobody has it
                     0xf  nobody has it
      ring 2         nothing
      invalidations  1 started, 1 finished
      …
    6 on worker: a timer, stops when it invalidates everything
      flush queue    in use
      invalidations  2 started, 1 finished
      …
    5 on cpu2: deferFree(a1)
      tree           0xe  loaded of cpu2 class 0
                     0xf  ring 2
      cpu2 class 0   loaded 0xe
      flush queue    in use, flag on, timer armed
      ring 2         head 1, tail 0, 2 slots, 2 queued, 1 released
                     0xf  stamp 2
      …
    7 on cpu2: a2 = allocateFast(1, below: 0xf)  → 0xe
      tree           0xe  held by a2
                     0xf  ring 2
      cpu2 class 0   nothing
      …
  ✘ 8 on cpu2: deferFree(a2)
      tree           0xe  nobody has it
                     0xf  nobody has it
      ring 2         head 1, tail 1, 2 slots, 3 queued, 1 released
      invalidations  3 started, 2 finished
      …
  """

private let unseen = """
    the domain at the start
      search         cached anchor, cached32 anchor
      flush queue    in use
      device 0       mask 0xfff, coherent mask 0xf, 32 bits first
    1 on cpu1: a0 = map(1, rw, device: 0)  → 0xf
      tree           0xf  held by a0
      search         cached anchor, cached32 0xf
      page table     0x0...0xff  table, 1 of 256 words
                     0xf         → 0x80000000, rw, 4K
      …
    2 on cpu1: unmap(a0)
      tree           0xf  ring 1
      flush queue    in use, flag on, timer armed
      ring 1         head 0, tail 1, 4 slots, 1 queued, 0 released
                     0xf  stamp 0
      page table     0x0...0xff  table, 0 of 256 words
      walker sees    0x0...0xff  table, 1 of 256 words
                     0xf         → 0x80000000, rw, 4K
      …
    end: advance(10)
      tree           0xf  loaded of cpu0 class 0
      cpu0 class 0   loaded 0xf
      flush queue    in use
      ring 1         nothing
      invalidations  1 started, 1 finished
      machine        time 10 ms
      …
    end: flushCaches(cpu0)
      tree           nothing
      search         cached anchor, cached32 anchor
      cpu0 class 0   nothing
      …
  """

private let parked = """
    6 on cpu0: freeFast(a2)
      tree           0xa...0xb  loaded of cpu0 class 1
                     0xc...0xd  depot class 1
                     0xe...0xf  previous of cpu0 class 1
      cpu0 class 1   loaded 0xa
                     previous 0xe
      depot class 1  magazine 0xc
                     trimming armed
      …
    7 on cpu1: unplug()
      machine        unplugged cpu1
      …
    8 on cpu0: advance(100)
      depot class 1  magazine 0xc
      machine        time 100 ms
                     unplugged cpu1
      …
  """

private let remembered = """
    the domain at the start
      search         cached anchor, cached32 anchor
      flush queue    in use
      device 0       mask 0xfff, coherent mask 0xf
    1 on cpu0: a0 = map(256, rw, device: 0, shifted)  → 0xf00...0xfff
      tree           0xf00...0xfff  held by a0
      search         cached 0xf00...0xfff, cached32 anchor
      page table     0xf00...0xfff  table, 256 of 256 words
                     0xf00...0xfff  → 0x80001000, rw, 4K
      …
    2 on cpu0: access(a0, page: 0)
      iotlb          0xf00
      …
    3 on cpu0: access(a0, page: 1)
      iotlb          0xf00...0xf01
      …
    4 on cpu0: unmap(a0)
      tree           0xf00...0xfff  ring 0
      flush queue    in use, flag on, timer armed
      ring 0         head 0, tail 1, 4 slots, 1 queued, 0 released
                     0xf00...0xfff  stamp 0
      page table     nothing
      other tables   1 waiting for an invalidation
      iotlb          0xf00...0xf01
                     stale walk 0xf00...0xfff
      …
    5 on cpu0: advance(10)
      tree           nothing
      search         cached anchor, cached32 anchor
      flush queue    in use
      ring 0         nothing
      invalidations  1 started, 1 finished
      other tables   nothing
      iotlb          nothing
      machine        time 10 ms
      …
  """
