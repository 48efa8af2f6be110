import Generators
import IOVA
import Invariants

/// Executions a second of interleaved programs on one core, with all laws at every step: by
/// wall-clock time, and by the CPU time of the process.
enum ExecutionBench {
  private static let time = Duration.seconds(2)
  /// The number of schedules under which a drawn program is run.
  private static let schedules: UInt64 = 16

  /// The row of one program for each carrier: `executions-ownSwitch`.
  static let names = ControlledRun.carriers.map { "executions-\($0.rawValue)" } + [devices]

  /// The row of a program that maps, on the fastest carrier.
  private static let devices = "executions-dma"

  /// - Parameter name: one of `names` for that row; any other for all rows.
  static func run(_ name: String) -> [String] {
    for (row, carrier) in zip(names, ControlledRun.carriers) where row == name {
      return [measureOne(carrier)]
    }
    let mapping = ControlledRun.carriers.last.map { [measureMapping($0)] } ?? []
    if name == devices { return mapping }
    return ControlledRun.carriers.flatMap { [measureOne($0), measureDrawn($0)] } + mapping
  }

  private static func measureOne(_ carrier: CarrierKind) -> String {
    measure(carrier, "one program of 3 CPUs × 4 commands") { run, number in
      _ = run.explore(StepBench.program, Seed(1).derived(number))
    }
  }

  private static func measureMapping(_ carrier: CarrierKind) -> String {
    measure(carrier, "2 CPUs × 3 commands that map, access and unmap", cpus: 2) { run, number in
      _ = run.explore(mappingProgram, Seed(1).derived(number))
    }
  }

  /// Two CPUs with a device each: the device reads what was mapped for it, which is freed through a
  /// flush queue.
  private static let mappingProgram: Program = {
    var settings = ProgramSettings()
    settings.cpus = 2
    settings.magazineCapacity = 3
    settings.boundary = 1 << 12
    settings.flushQueue = FlushOptions(.perCPU, slots: 8, timeout: 10)
    var dma = DMASettings()
    dma.devices = [DMADevice(), DMADevice()]
    settings.dma = dma
    let rows: [(Int) -> Command.Action] = [
      { .map(Handle($0), pages: 1, .readWrite, device: $0, shifted: false) },
      { .access(Handle($0), page: 0) },
      { .unmap(Handle($0)) },
    ]
    return Program(
      settings, rows.flatMap { row in (0..<2).map { Command(row($0), on: CPU($0)) } })
  }()

  private static func measureDrawn(_ carrier: CarrierKind) -> String {
    let generator = ProgramGenerator(cpus: 3, length: 12)
    var source = ChoiceSource(seed: Seed(1))
    var drawn: Program?
    return measure(carrier, "a program drawn for every \(schedules)") { run, number in
      if number % schedules == 0 || drawn == nil {
        source.reset(seed: Seed(1).derived(number))
        drawn = generator.draw(from: &source)
      }
      if let drawn { _ = run.explore(drawn, Seed(2).derived(number)) }
    }
  }

  private static func measure(
    _ carrier: CarrierKind, _ name: String, cpus: Int = 3,
    _ body: (ControlledRun, UInt64) -> Void
  ) -> String {
    let book = LawBook(
      .every, isSequential: false, takesTurns: ControlledRun.takesTurns, cpus: cpus)
    let run = ControlledRun(cpus: cpus, book, carrier: carrier)
    let clock = ContinuousClock()
    let begin = clock.now
    let spent = CPUTime.now
    var executions: UInt64 = 0
    while clock.now - begin < time {
      for _ in 0..<16 {
        body(run, executions)
        executions += 1
      }
    }
    // While others run on the same cores, only the second rate can be compared.
    let rate = Double(executions) / ((clock.now - begin) / .seconds(1))
    let rateOfCore = Double(executions) / ((CPUTime.now - spent) / .seconds(1))
    func each(_ count: UInt64) -> String {
      BenchResult.rounded(Double(count) / Double(executions), digits: 1)
    }
    return "executions: \(carrier.rawValue), \(name): \(Int(rate).grouped) a second, "
      + "\(Int(rateOfCore).grouped) a second of CPU time, "
      + "\(each(run.commandCount)) commands, \(each(run.stepCount)) steps and "
      + "\(each(run.switchCount)) switches each"
  }
}
