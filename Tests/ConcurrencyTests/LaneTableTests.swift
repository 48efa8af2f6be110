import Generators
import IOVA
import Invariants
import Testing

@Suite struct `The table of a failure` {
  @Test func `shows one CPU that frees while another one does`() {
    let program = Told.program([.a13], cpus: 2, inOrder: 1) { draft in
      draft.append(Told.allocate(0, on: 0))
      draft.append(Command(.freeShared(Handle(0)), on: CPU(0)))
      draft.append(Command(.freeShared(Handle(0)), on: CPU(1)))
    }
    let told = Told(program, choices: [0, 0, 0, 1], except: [.callsKeepTheirBudget])
    #expect(told.law == "nothingAbsentIsUsed")
    #expect(
      told.table == """
          step │ cpu0                                │ cpu1
             1 │ a0 = allocate(1, below: 0xf)  → 0xf │
             2 │ freeShared(a0)                      │
               │   locks tree                        │
               │   stops after releasing tree        │
             3 │                                     │ freeShared(a0)  (tree −0xf)
        ✘      │   locks tree                        │
        """)
  }

  @Test func `shows the worker, if it acts`() {
    let program = Told.program([.r16], cpus: 3, endsBusy: true) { draft in
      for handle in 0..<3 { draft.append(Told.allocateFast(handle, on: 0)) }
      for handle in [2, 1, 0] { draft.append(Command(.freeFast(Handle(handle)), on: CPU(2))) }
    }
    let told = Told(program, choices: Array(repeating: 0, count: 30) + [1])
    #expect(told.law == "nothingRunsAfterTeardown")
    #expect(told.table == tableWithWorker)
  }

  @Test func `folds what a command does at every lock`() {
    let told = Told.migration
    #expect(told.law == "unpluggedCachesAreEmpty")
    #expect(
      told.table == """
          step │ cpu0                                    │ cpu1
             1 │ a0 = allocateFast(1, below: 0xf)  → 0xf │
             2 │ freeFast(a0)                            │
               │   stops before taking cache(cpu1)       │
             3 │                                         │ unplug()
               │                                         │   takes cache(cpu1)
               │                                         │   stops before taking tree
               │                                         │   locks tree
               │                                         │   locks tree
               │                                         │   releases cache(cpu1)
               │                                         │   stops after releasing cache(cpu1)
               │   locks cache(cpu1): magazine +0xf      │
               │                                         │   takes and releases 21 locks
        ✘  end │ at rest                                 │
        """)
  }

  @Test(arguments: [1, 3, 6, 7, 12])
  func `fits a hundred columns and the lines there are, however many CPUs there are`(cpus: Int) {
    let lines = (0..<200).map { index in
      LaneTable.Line(
        lane: index % cpus, label: "\(index + 1)",
        text: String(repeating: "word ", count: index % 30), answer: index % 3 == 0 ? "→ 0xf" : "",
        isBreach: index == 199)
    }
    let text = LaneTable(lines) { "cpu\($0)" }.text(maxLines: 30)
    #expect(text.count == 30)
    #expect(text.allSatisfy { $0.count <= 100 })
    #expect(text.last?.hasPrefix("✘  200") == true)
    #expect(text.allSatisfy { !$0.hasSuffix(" ") })
  }

  @Test func `folds commands of one kind only where there is too little room`() {
    let program = Told.program([], cpus: 1) { draft in
      for handle in 0..<6 { draft.append(Told.allocateFast(handle, on: 0)) }
      draft.append(Command(.flushDepots, on: CPU(0)))
    }
    let lines = Told(program, choices: []).lines
    #expect(lines.count == 8)
    #expect(
      LaneTable(lines) { "cpu\($0)" }.text(maxLines: 7) == [
        "  step │ cpu0",
        "     1 │ a0 = allocateFast(1, below: 0xf)  → 0xf",
        "     … │ 4 more allocateFast",
        "     6 │ a5 = allocateFast(1, below: 0xf)  → 0xa",
        "     7 │ flushDepots()",
        "   end │ what is left is given back, in 12 steps",
      ])
  }
}

/// What a program did under given choices.
struct Told {
  let rows: [ControlledRow]
  let law: String?
  let cpus: Int

  var lexicon: AllocatorLexicon { AllocatorLexicon(cpus: cpus) }

  var lines: [LaneTable.Line] { RowDigest.lines(rows, lexicon) }

  var table: String {
    let cpus = cpus
    return LaneTable(lines) { $0 == cpus ? "worker" : "cpu\($0)" }.text(maxLines: 30)
      .joined(separator: "\n")
  }

  init(_ program: Program, choices: [UInt64], except exceptions: Set<Law> = []) {
    cpus = program.settings.cpus
    let book = LawBook(.every, isSequential: false, cpus: cpus, except: exceptions)
    let run = ControlledRun(cpus: cpus, book)
    var source = ChoiceSource(replaying: ChoiceSequence(values: choices))
    let told = run.describing(program) { run.run(program, &source) }
    let (rows, finding) = (told.rows, told.finding)
    self.rows = rows
    law = finding?.law
  }

  /// A range is freed into the cache of a CPU that goes meanwhile.
  static var migration: Told {
    let program = program([.migration], cpus: 3) { draft in
      draft.append(allocateFast(0, on: 0))
      draft.append(Command(.freeFast(Handle(0)), on: CPU(0)))
      draft.append(Command(.unplug, on: CPU(1)))
    }
    return Told(program, choices: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1])
  }

  static func program(
    _ faults: [Fault], cpus: Int, inOrder: Int = 0, endsBusy: Bool = false,
    _ draw: (inout [Command]) -> Void
  ) -> Program {
    var settings = ProgramSettings()
    settings.faults = FaultSet(faults)
    settings.cpus = cpus
    settings.magazineCapacity = 1
    settings.depotBound = 1
    settings.endsBusy = endsBusy
    var commands: [Command] = []
    draw(&commands)
    var program = Program(settings, commands)
    program.inOrder = inOrder
    return program
  }

  static func allocate(_ handle: Int, on cpu: Int) -> Command {
    Command(.allocate(Handle(handle), pages: 1, limit: PFN(15), aligned: false), on: CPU(cpu))
  }

  static func allocateFast(_ handle: Int, on cpu: Int) -> Command {
    Command(.allocateFast(Handle(handle), pages: 1, limit: PFN(15), flush: false), on: CPU(cpu))
  }
}

// A table is as wide as it is printed.
private let tableWithWorker = """
    step │ cpu0                                    │ cpu2                                 │ worker
       1 │ a0 = allocateFast(1, below: 0xf)  → 0xf │                                      │
       2 │ a1 = allocateFast(1, below: 0xf)  → 0xe │                                      │
       3 │ a2 = allocateFast(1, below: 0xf)  → 0xd │                                      │
       4 │                                         │ freeFast(a2)  (magazine +0xd)        │
       5 │                                         │ freeFast(a1)  (magazine +0xe)        │
       6 │                                         │ freeFast(a0)                         │
         │                                         │   (depot +1 magazine, magazine +0xf) │
       7 │ teardown                                │                                      │
         │   teardown begins                       │                                      │
         │   stops before taking depot             │                                      │
  ✘    8 │                                         │                                      │ a timer
  """
