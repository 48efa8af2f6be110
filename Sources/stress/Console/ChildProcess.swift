import Foundation

/// The executable again, in a process of its own: what a fault breaks for real ends only that.
struct ChildProcess {
  /// What it printed on standard output.
  let output: String
  /// Its exit status; nil if a signal ended it.
  let status: Int32?

  /// The time between two checks for a requested end.
  private static let patience = 0.02

  /// Runs the executable to its end, or asks it to end once this process is asked to.
  ///
  /// Nil if it can't be started. Variables that set options are not passed on, others are.
  init?(_ words: [String], variables: [String: String] = [:]) {
    let process = Process()
    process.executableURL =
      Bundle.main.executableURL
      ?? URL(fileURLWithPath: CommandLine.arguments[0])
    process.arguments = words
    var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("STRESS_") }
    // A crash is expected here.
    environment["SWIFT_BACKTRACE"] = "enable=no"
    process.environment = environment.merging(variables) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let watcher = ChildProcess.passingOnTheEnd(to: process)
    defer { watcher.cancel() }
    output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationReason == .exit ? process.terminationStatus : nil
  }

  private static func passingOnTheEnd(to process: Process) -> any DispatchSourceTimer {
    let timer = DispatchSource.makeTimerSource()
    let id = process.processIdentifier
    timer.schedule(deadline: .now() + patience, repeating: patience)
    timer.setEventHandler {
      if Signals.endIsRequested {
        kill(id, SIGTERM)
        timer.cancel()
      }
    }
    timer.resume()
    return timer
  }
}
