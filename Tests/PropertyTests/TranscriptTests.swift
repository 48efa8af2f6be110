import Generators
import IOVA
import Invariants
import Synchronization
import Testing

@Suite struct `What a transcript tells` {
  /// A judge to whom no state is lawful from some moment on.
  private final class Critic: Judge, @unchecked Sendable {
    enum Moment { case atRest, atTeardown }

    private let hasSpoken = Atomic<Bool>(false)
    private let moment: Moment

    init(_ moment: Moment) { self.moment = moment }

    private func speak(_ now: Moment) {
      if now == moment { hasSpoken.store(true, ordering: .relaxed) }
    }

    override var supervisor: (any Supervisor)? { nil }
    override func opens(_ domain: IOVADomain) { hasSpoken.store(false, ordering: .relaxed) }
    override func rests() { speak(.atRest) }
    override func closes(_ remains: DomainRemains) { speak(.atTeardown) }
    override var isBroken: Bool { hasSpoken.load(ordering: .relaxed) }
    override var finding: (law: String, evidence: String)? {
      isBroken ? (law: "peace", evidence: "none") : nil
    }
  }

  private var unplugging: Program {
    var settings = ProgramSettings()
    settings.cpus = 2
    let allocation = Command.Action.allocate(Handle(0), pages: 1, limit: PFN(9), aligned: false)
    return Program(settings, [Command(allocation, on: CPU(0)), Command(.unplug, on: CPU(1))])
  }

  @Test func `marks the moment at which the judge spoke, before CPUs are plugged in again`() {
    let steps = SequentialRun(Critic(.atRest)).transcript(unplugging).steps
    #expect(steps.map(\.text) == ["a0 = allocate(1, below: 0x9)", "unplug()", "at rest"])
    #expect(steps.map(\.isBreach) == [false, false, true])
    let run = ControlledRun(cpus: 2, Critic(.atRest))
    let rows = run.describing(unplugging) { run.replay(unplugging, Schedule()) }.rows
    #expect(rows.filter(\.isBreach).map(\.text) == ["at rest"])
    #expect(!rows.contains { $0.text == "plug()" })
  }

  @Test func `marks teardown, if that is what breaks a law`() {
    let steps = SequentialRun(Critic(.atTeardown)).transcript(unplugging).steps
    #expect(steps.suffix(2).map(\.text) == ["flushDepots()", "teardown"])
    #expect(steps.map(\.isBreach) == Array(repeating: false, count: steps.count - 1) + [true])
  }

  // MARK: What a call did inside

  private func changes(_ settings: ProgramSettings, _ actions: Command.Action...) -> [[String]] {
    let program = Program(settings, actions.map { Command($0, on: CPU(0)) })
    return SequentialRun(.none).transcript(program).steps.filter { !$0.isEnding }
      .map { $0.changes.map(\.text) }
  }

  private func note(_ settings: ProgramSettings, _ action: Command.Action) -> String {
    let program = Program(settings, [Command(action, on: CPU(0))])
    let step = SequentialRun(.none).transcript(program).steps[0]
    var line = LaneTable.Line(lane: 0, label: "1", text: step.text, answer: "→ \(step.answer)")
    line.tell(step.changes)
    return line.note
  }

  @Test func `shows the low attempt of a mapping that failed`() {
    var settings = ProgramSettings()
    settings.boundary = 2
    var dma = DMASettings()
    dma.devices = [DMADevice(mask: PFN(0xFFF), isPCI: true)]
    settings.dma = dma
    let map = Command.Action.map(Handle(0), pages: 33, .readWrite, device: 0, shifted: false)
    #expect(note(settings, map).contains("limit is below 32 bits at first, attempt is in vain"))
    settings.dma?.devices[0].isPCI = false
    #expect(!note(settings, map).contains("attempt"))
  }

  @Test func `shows when the shortcut is set, refuses, and is reset`() {
    var settings = ProgramSettings()
    settings.boundary = 4
    func allocate(_ handle: Int, _ pages: UInt64) -> Command.Action {
      .allocate(Handle(handle), pages: pages, limit: PFN(3), aligned: false)
    }
    let told = changes(
      settings, allocate(0, 2), allocate(1, 2), allocate(2, 3), .free(Handle(0)))
    #expect(
      told == [
        ["tree +0x2...0x3"], ["tree has no room", "shortcut refuses 2 pages and more"],
        ["shortcut refuses it"], ["tree −0x2...0x3", "shortcut is reset"],
      ])
  }

  @Test func `shows the flag of a timer`() {
    var settings = ProgramSettings()
    settings.flushQueue = FlushOptions(.perCPU, slots: 4, timeout: 10)
    let told = changes(
      settings, .allocateFast(Handle(0), pages: 1, limit: PFN(9), flush: false),
      .deferFree(Handle(0)), .advance(milliseconds: 10))
    #expect(told[1].contains("flush timer has its flag on"))
    #expect(told[2].first == "flush timer resets its flag")
  }

  @Test func `puts in lines of its own what there is no room for`() {
    var line = LaneTable.Line(lane: 0, label: "1", text: "map", answer: "→ 0x1")
    let places = (0..<9).map { "place\($0)" }
    line.note = "(" + places.map { "\($0) is as it was" }.joined(separator: ", ") + ")"
    let text = LaneTable([line]) { "cpu\($0)" }.text(maxLines: 40)
    #expect(text.count > 3)
    #expect(text.allSatisfy { $0.count <= 100 })
    for place in places { #expect(text.contains { $0.contains(place) }) }
  }
}
