import Foundation
import Testing

/// `stress trace` as whoever types it sees it.
@Suite struct `The trace command` {
  private static let crowd = """
    # recorded from Linux 5.10.0
    domain granule=4096 start=0x1 cpus=1
    alloc pages=4 limit=0x5 aligned=no = 0x2
    alloc pages=4 limit=0x5 aligned=no = 0x0
    alloc pages=1 limit=0x5 aligned=no = 0x1
    free 0x2

    """

  private func trace(_ text: String, _ words: String...) throws -> StressProcess {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "trace-\(UUID().uuidString).trace")
    defer { try? FileManager.default.removeItem(at: file) }
    try text.write(to: file, atomically: true, encoding: .utf8)
    return try StressProcess(["trace", file.path()] + words)
  }

  @Test(arguments: ["linux-5.10.0", "linux-5.10", "linux-7.2", "current"])
  func `answers calls by the rules of any release`(name: String) throws {
    let process = try trace(Self.crowd, "--revision", name)
    #expect(process.output == "1 file, 4 calls, 0 differences\n")
    #expect(process.status == 0)
  }

  @Test func `shows the calls around a difference`() throws {
    let process = try trace(Self.crowd.replacing("= 0x1\nfree", with: "= 0x3\nfree"))
    let lines = process.output.split(separator: "\n")
    try #require(lines.count == 7)
    #expect(lines[0].hasSuffix(":5: expected 0x3, came 0x1 under linux-5.10.0"))
    #expect(lines[1] == "       2 │ domain granule=4096 start=0x1 cpus=1")
    #expect(lines[4] == "✘      5 │ alloc pages=1 limit=0x5 aligned=no = 0x3")
    #expect(lines[5] == "       6 │ free 0x2")
    #expect(lines[6] == "1 file, 4 calls, 1 difference")
    #expect(process.status == 1)
  }
}
