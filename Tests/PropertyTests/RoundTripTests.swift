import Foundation
import Testing

@Suite struct `A saved case` {
  /// Runs with a fault, and replays what was saved.
  private func roundTrip(_ words: String...) throws -> StressProcess {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "cases-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = try StressProcess(words + ["--cases", folder.path(), "--quiet"])
    #expect(run.status == 1)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path())
    return try StressProcess(["replay", folder.appending(path: try #require(names.first)).path()])
  }

  @Test(arguments: ["P09", "UnlockedStore", "R16"])
  func `of interleaved CPUs is replayed exactly`(fault: String) throws {
    let replay = try roundTrip(
      "--threads", "2", "--mode", "controlled", "--fault", fault, "--seed", "1", "--for", "60s")
    #expect(replay.output.hasPrefix("exact: "), "\(replay.output)\(replay.error)")
    #expect(replay.status == 1)
  }

  @Test(arguments: ["D03", "A10", "P01"])
  func `of a program in order is replayed exactly`(fault: String) throws {
    let replay = try roundTrip(
      "--threads", "1", "--fault", fault, "--seed", "1", "--for", "60s")
    #expect(replay.output.hasPrefix("exact: "), "\(replay.output)\(replay.error)")
    #expect(replay.status == 1)
  }
}
