import Foundation

/// One finished run of the built `stress` executable, as whoever typed the words sees it.
struct StressProcess {
  let output: String
  let error: String
  let status: Int32

  /// Runs the executable with only these variables, since those of the tests are for the tests.
  init(_ words: [String], environment: [String: String] = [:]) throws {
    let process = Process()
    let output = Pipe()
    let error = Pipe()
    process.executableURL = try Self.executable()
    process.arguments = words
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = error
    try process.run()
    // Both texts fit in a pipe's buffer, so that reading one after the other cannot deadlock.
    self.output = Self.text(of: output)
    self.error = Self.text(of: error)
    process.waitUntilExit()
    status = process.terminationStatus
  }

  private struct ExecutableMissing: Error {
    let searched: [String]
  }

  private static func text(of pipe: Pipe) -> String {
    String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }

  /// Searches upwards from the tests, which are built into the same folder.
  private static func executable() throws -> URL {
    let starts = [Bundle.main.bundlePath, CommandLine.arguments[0]] + bundlePathArgument
    var searched: [String] = []
    for start in starts {
      var folder = URL(fileURLWithPath: start)
      while folder.path != "/" {
        let candidate = folder.appendingPathComponent("stress")
        if isProgram(candidate) { return candidate }
        searched.append(candidate.path)
        folder.deleteLastPathComponent()
      }
    }
    throw ExecutableMissing(searched: searched)
  }

  /// The test bundle as the runner is told of it, where the runner lies outside the build folder.
  private static var bundlePathArgument: [String] {
    let words = CommandLine.arguments
    guard let index = words.firstIndex(of: "--test-bundle-path"), index + 1 < words.count else {
      return []
    }
    return [words[index + 1]]
  }

  private static func isProgram(_ candidate: URL) -> Bool {
    var isFolder: ObjCBool = false
    let files = FileManager.default
    return files.fileExists(atPath: candidate.path, isDirectory: &isFolder) && !isFolder.boolValue
      && files.isExecutableFile(atPath: candidate.path)
  }
}
