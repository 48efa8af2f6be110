import Foundation
import Testing

@Suite struct `A run of interleaved programs` {
  private static let fault = "--fault A13 --except callsKeepTheirBudget"

  /// Without the lines that count what was done, which depends on when the others noticed.
  private func report(_ words: String = "", seed: Int = 3) throws -> [String] {
    let words =
      "--threads 2 --mode controlled --rounds 100 --quiet --seed \(seed) \(Self.fault) \(words)"
    let run = try StressProcess(words.split(separator: " ").map(String.init))
    #expect(run.status == 1)
    return run.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      .filter { !$0.contains(" rounds, ") && !$0.hasPrefix("rare states") }
  }

  @Test func `reports the lowest failing round, whichever core was sooner`() throws {
    let first = try report()
    // The seed, the report, and the end of the last line.
    #expect(first.count <= 42)
    #expect(first.allSatisfy { $0.count <= 100 })
    #expect(first.contains { $0.hasPrefix("✘ ") && $0.contains(" │ ") })
    #expect(try report() == first)
  }

  @Test func `names the policy that it was told to use, and in the line that repeats it`() throws {
    let lines = try report("--policy pos")
    #expect(lines.contains("  found by pos"))
    #expect(lines.contains { $0.contains("--policy pos") })
  }

  @Test func `tries all orders of each program if told to`() throws {
    // A workload, and a seed, whose programs have few orders.
    let lines = try report("--policy exhaustive --workload tree", seed: 2)
    #expect(lines.contains("  found by exhaustive"))
  }

  @Test(arguments: [("pct", true), ("urw", false)])
  func `claims of bugs only what PCT found nothing of`(policy: String, isClaimed: Bool) throws {
    let words = "--threads 2 --mode controlled --quiet --seed 5 --rounds 160 --policy \(policy)"
    let run = try StressProcess(words.split(separator: " ").map(String.init))
    #expect(run.status == 0, "\(run.error)")
    #expect(run.output.contains("a bug of depth ") == isClaimed)
  }

  @Test func `draws what happened into a file`() throws {
    let url = FileManager.default.temporaryDirectory
      .appendingPathComponent("timeline-\(UUID().uuidString).svg")
    defer { try? FileManager.default.removeItem(at: url) }
    let lines = try report("--timeline \(url.path)")
    #expect(lines.contains("  picture  \(url.path)"))
    let svg = try String(contentsOf: url, encoding: .utf8)
    #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n"))
  }
}
