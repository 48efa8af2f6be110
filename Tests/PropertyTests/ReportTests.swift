import Foundation
import Testing

/// What `stress replay` prints of a case.
@Suite struct `A report` {
  private func replay(_ settings: String, _ law: String, _ commands: String...) throws -> String {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "report-\(UUID().uuidString).case")
    defer { try? FileManager.default.removeItem(at: file) }
    let text = """
      stress case, version 2
      program: stress 1.0
      expect: broken
      law: \(law)
      evidence: none
      revision: current
      \(settings)
      commands:
      \(commands.joined(separator: "\n"))
      end

      """
    try text.write(to: file, atomically: true, encoding: .utf8)
    let process = try StressProcess(["replay", file.path()])
    #expect(process.status == 1)
    return process.output.replacing("\n    ", with: " ")
  }

  private func settings(_ fault: String, boundary: Int = 16, _ more: String...) -> String {
    """
    faults: \(fault)
    cpus: 1
    start: 0x1
    boundary: \(boundary)
    magazine: 1
    depot: 1
    credit: all
    mode: sequential
    """ + more.map { "\n" + $0 }.joined()
  }

  @Test func `says what flush queue there is`() throws {
    let take = (0..<2).map { "cpu0: a\($0) = allocateFast(1, below: 0xf)" }
    let output = try replay(
      settings("Q03a", "queue: single 4 10 later"), "nothingIsFreedEarly", take[0], take[1],
      "cpu0: startDeferring()", "cpu0: deferFree(a0)", "cpu0: deferFree(a1)")
    #expect(
      output.contains("one flush queue of 4 slots and 10 ms, used only once it is asked for"))
  }

  @Test func `says what devices there are, and what they read through`() throws {
    let output = try replay(
      settings("D03", "dma: 24 pool coherent shadow 1; 0xfff wide"), "walksAgreeWithTheModel",
      "cpu0: a0 = map(2, rw, device: 0)")
    #expect(
      output.contains(
        "an IOMMU of 24 bits, tables from a pool, a hypervisor's shadow of 1 page, "
          + "device 0 asking for wide addresses with mask 0xfff"))
  }

  @Test func `counts and shows no command that never ran`() throws {
    let output = try replay(
      settings("A10"), "failureIsJustified", "cpu0: a0 = allocate(1, below: 0x1)",
      "cpu0: a1 = allocate(1, below: 0x9)", "cpu0: free(a1)")
    #expect(output.contains("1 command on 1 CPU"))
    #expect(!output.contains("free(a1)"))
  }
}
