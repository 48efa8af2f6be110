import Foundation
import Generators
import IOVA
import Invariants

/// A run with the default settings and one fault switched on, which is to find it.
///
/// The run is a process of its own, since what locks do not protect may crash for real.
struct FaultHunt: Encodable {
  let fault: String
  let seed: String
  /// The law that broke; nil if the fault was not found.
  private(set) var law: String?
  private(set) var discovery: Discovery?
  /// Of the minimal case; nil if there is none.
  private(set) var commands: Int?
  private(set) var switches: Int?
  /// Of the catalogue's shortest program that breaks the law.
  private(set) var shortestCommands: Int
  private(set) var shortestSwitches: Int
  /// What happened to a fault that was not found.
  private(set) var trouble: String?

  /// The ratio of commands to those of the shortest program; nil if there is no minimal case.
  var ratio: Double? {
    guard let commands else { return nil }
    // If making and ending a domain is enough, each command is one too many.
    return shortestCommands == 0
      ? Double(commands + 1) : Double(commands) / Double(shortestCommands)
  }

  var isFound: Bool { law != nil }

  /// Runs until the fault is found, the time is up, or a signal ends it.
  ///
  /// - Parameter cases: the folder that receives the case, if it is wanted.
  init(_ fault: Fault, seed: Seed, time: Duration, cases: String? = nil) {
    self.fault = fault.name
    self.seed = "\(seed)"
    let shortest = FaultProgram(fault)
    shortestCommands = shortest.program.commands.count
    shortestSwitches = shortest.switches
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("hunt-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    let words = [
      "run", "--fault", fault.name, "--seed", "\(seed)", "--for", time.text, "--json", file.path,
      "--quiet",
    ]
    guard let child = ChildProcess(words + (cases.map { ["--cases", $0] } ?? [])) else {
      trouble = "could not be run"
      return
    }
    guard let status = child.status, let data = try? Data(contentsOf: file),
      let record = try? JSONDecoder().decode(RunSummary.Record.self, from: data)
    else {
      trouble = "crashed"
      return
    }
    discovery = record.discovery
    guard status == ExitStatus.lawBroken.rawValue else {
      trouble = status == ExitStatus.notRepeated.rawValue ? "not repeated" : "NOT found"
      return
    }
    law = record.failures.last?.law
    if let law {
      let shortest = FaultProgram(fault, breaking: law)
      (shortestCommands, shortestSwitches) = (shortest.program.commands.count, shortest.switches)
    }
    commands = record.minimalCommands
    switches = record.minimalSwitches
  }

  // MARK: A table

  static let table = Table(columns: [
    .text("fault", width: Fault.allCases.map(\.name.count).max() ?? 0),
    .text("law", width: 12), .text("found by", width: 14), .number("executions"),
    .number("seconds"), .number("commands"), .number("switches"), .text("ratio"),
  ])

  /// The fault's row, with the law by its number: commands and switches as `found/shortest`.
  var row: [String] {
    [
      fault, law.map { Law.named($0)?.id ?? $0 } ?? trouble ?? "",
      isFound ? discovery?.finder ?? "" : "",
      discovery?.executions.grouped ?? "–",
      discovery.map { BenchResult.rounded($0.seconds, digits: 2) } ?? "–",
      "\(commands.map(String.init) ?? "–")/\(shortestCommands)",
      "\(switches.map(String.init) ?? "–")/\(shortestSwitches)",
      ratio.map { BenchResult.rounded($0, digits: 2) } ?? "–",
    ]
  }
}
