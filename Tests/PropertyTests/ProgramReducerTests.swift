import Generators
import IOVA
import Testing

@Suite struct `Taking out of a program what can go` {
  private func allocate(_ handle: Int, _ pages: UInt64, below limit: UInt64) -> Command {
    Command(
      .allocate(Handle(handle), pages: pages, limit: PFN(limit), aligned: false), on: CPU(0))
  }

  /// What is left of a program where anything counts as a failure that the condition holds for.
  private func reduced(
    _ program: Program, _ condition: @escaping (Program) -> Bool
  ) -> Program {
    var reducer = ProgramReducer(program) { candidate, _ in
      condition(candidate) ? candidate : nil
    }
    reducer.reduce()
    return reducer.program
  }

  private func texts(_ program: Program) -> [String] {
    program.commands.map { "\($0.cpu): \($0)" }
  }

  @Test(arguments: [(33, 0x20), (5, 4), (200, 0x1000)] as [(UInt64, UInt64)])
  func `lowers a size and its limit together`(pages: UInt64, limit: UInt64) {
    let distance = limit + 1 - pages
    let program = Program(ProgramSettings(), [allocate(0, pages, below: limit)])
    let left = reduced(program) {
      guard case .allocate(_, let pages, let limit, _)? = $0.commands.first?.action else {
        return false
      }
      return limit.raw + 1 == pages + distance
    }
    let least = String(distance, radix: 16)
    #expect(texts(left) == ["cpu0: a0 = allocate(1, below: 0x\(least))"])
  }

  @Test func `lowers a number to the least that fails, wherever that is`() {
    for least in [1, 2, 3, 17, 32, 33] as [UInt64] {
      let program = Program(ProgramSettings(), [allocate(0, 33, below: 63)])
      let left = reduced(program) {
        guard case .allocate(_, let pages, _, _)? = $0.commands.first?.action else { return false }
        return pages >= least && $0.settings.boundary >= min(16, least)
      }
      #expect(texts(left) == ["cpu0: a0 = allocate(\(least), below: 0x0)"])
      #expect(left.settings.boundary == min(16, least))
    }
  }

  @Test func `takes a CPU and a command out together, where neither can go alone`() {
    var settings = ProgramSettings()
    settings.cpus = 2
    let program = Program(
      settings, [allocate(0, 1, below: 15), Command(.unplug, on: CPU(1))])
    let left = reduced(program) { program in
      let unplugs = program.commands.contains { $0.action == .unplug }
      return !program.commands.isEmpty && unplugs == (program.settings.cpus == 2)
        && program.commands.contains { $0.action != .unplug }
    }
    #expect(texts(left) == ["cpu0: a0 = allocate(1, below: 0x0)"])
    #expect(left.settings.cpus == 1)
  }

  @Test func `takes along what names a handle that is gone`() {
    let frees = [Command(.free(Handle(0)), on: CPU(0)), Command(.free(Handle(1)), on: CPU(0))]
    let program = Program(
      ProgramSettings(), [allocate(0, 1, below: 1), allocate(1, 1, below: 1)] + frees)
    let left = reduced(program) { $0.commands.contains { "\($0)".hasPrefix("free") } }
    #expect(texts(left) == ["cpu0: a0 = allocate(1, below: 0x0)", "cpu0: free(a0)"])
  }

  @Test func `has settings at their simplest, and their numbers as low as can be read`() throws {
    var settings = ProgramSettings()
    settings.flushQueue = FlushOptions(.single, slots: 64, timeout: 10)
    settings.defersFromStart = false
    settings.initialCredit = 12
    settings.magazineCapacity = 7
    var dma = DMASettings()
    dma.inputBits = 28
    dma.isExtended = true
    dma.isBuffered = true
    dma.shadow = 9
    dma.devices = [DMADevice(mask: PFN(0xFFF)), DMADevice(isISM: true)]
    settings.dma = dma
    // Something has to stay.
    let left = reduced(Program(settings)) {
      $0.settings.flushQueue != nil && $0.settings.dma?.shadow != nil
        && $0.settings.dma?.devices.contains { $0.mask != nil } == true
    }
    #expect(left.settings.flushQueue == FlushOptions(.perCPU, slots: 2, timeout: 1))
    #expect(left.settings.defersFromStart)
    #expect(left.settings.initialCredit == nil)
    #expect(left.settings.magazineCapacity == 1)
    let plain = try #require(left.settings.dma)
    #expect(plain.inputBits == 21)
    #expect(plain.shadow == 0)
    #expect(!plain.isExtended && !plain.isBuffered)
    #expect(plain.devices == [DMADevice(mask: PFN(0), isPCI: false)])
    let file = ProgramCase(Finding(law: "none", evidence: ""), .sequential, left)
    #expect(try ProgramCase(file.text).program == left)
  }

  @Test func `tries nothing once it is over, and nothing twice`() {
    let program = Program(ProgramSettings(), [allocate(0, 9, below: 15)])
    var reducer = ProgramReducer(program) { candidate, _ in candidate }
    reducer.isOver = { true }
    let isReduced = reducer.reduce()
    #expect(!isReduced)
    var tried: [Program] = []
    var other = ProgramReducer(program) { candidate, _ in
      tried.append(candidate)
      return nil
    }
    other.reduce()
    #expect(other.program == program)
    #expect(other.checks == tried.count)
    #expect(tried.count == Set(tried).count)
  }
}
