import Foundation
import Generators
import IOVA
import Testing

@Suite struct `A trace of a page table` {
  private static let example = """
    # recorded from Linux 7.2 (a comment)
    table format=v7s input=32 output=34 quirks=mtk-ext,no-perms sizes=4K,64K,1M,16M
    map iova=0x0 pa=0x38cb4a000 size=4K prot=r = ok leaf=0x8cb4ae52
    map iova=0x0 pa=0x0 size=4K prot=rw,cache,noexec = exists
    map iova=0x100000 pa=0x400000000 size=1M prot=rw,mmio,priv = range
    translate 0xabc = 0x38cb4aabc
    translate 0x1000 = 0x0
    unmap iova=0x0 size=64K = 0x0
    unmap iova=0x0 size=4K = 0x1000

    """

  @Test func `is read line by line`() throws {
    let trace = try TableTrace(Self.example)
    #expect(trace.release == "linux-7.2")
    #expect(trace.configuration.outputBits == 34)
    #expect(trace.configuration.quirks == [.extendedOutput, .noPermissions])
    #expect(trace.calls.map(\.line) == Array(3...9))
    #expect(
      trace.calls[1].call
        == .map(
          DMAAddress(0), PhysicalAddress(0), .small, [.readWrite, .cache, .noExecute],
          answer: .refused(.exists)))
    #expect(trace.calls[4].call == .translate(DMAAddress(0x1000), answer: nil))
  }

  @Test func `is answered alike by its release`() throws {
    let recording = try Recording(Self.example)
    let release = try #require(recording.release)
    let revision = try #require(Revision.named(release))
    let (calls, differences) = try recording.replay(under: revision)
    #expect(calls == 7)
    #expect(differences == [])
  }

  @Test func `with another answer differs in that line`() throws {
    for (original, other, line) in [
      ("leaf=0x8cb4ae52", "leaf=0x8cb4ae53", 3), ("= exists", "= range", 4),
      ("= range", "= exists", 5), ("= 0x38cb4aabc", "= 0", 6), ("= 0x1000", "= 0", 9),
    ] {
      let text = Self.example.replacing(original, with: other)
      let replay = try TableTraceReplay(TableTrace(text), revision: .linux7_2)
      #expect(replay.differences.map(\.line) == [line])
    }
  }

  @Test func `is told from one of an allocator by its first line`() throws {
    if case .allocator = try Recording(Self.example) { Issue.record("it is of a table") }
    let other = try Recording("# table\ndomain granule=4096 start=1 cpus=2\nfree 1\n")
    if case .table = other { Issue.record("it is of an allocator") }
  }

  @Test(arguments: [
    "map iova=0 pa=0 size=8K prot=r = ok leaf=0", "map iova=0 pa=0 size=4K prot=x = exists",
    "map iova=0 pa=0 size=4K prot=r,warm = exists", "map iova=0 pa=0 size=4K prot=r = no",
    "map iova=0 pa=0 size=4K prot=r = ok", "map pa=0 iova=0 size=4K prot=r = exists",
    "map iova=0 pa=0 size=4K prot=r = ok leaf=0x100000000", "unmap iova=0 size=4K",
    "unmap iova=0 size=4K = x", "translate 0", "translate 0 = 0 0", "jump",
    "table format=v7s input=32 output=32 quirks=none sizes=4K",
  ])
  func `with a bad line is refused, and the line named`(line: String) {
    let header = "table format=v7s input=32 output=32 quirks=none sizes=4K\n"
    do {
      _ = try TableTrace(header + line + "\n")
      Issue.record("the text was read")
    } catch {
      #expect(error.line == 2)
      #expect(!error.reason.isEmpty)
    }
  }

  @Test(arguments: [
    "table format=v8 input=32 output=32 quirks=none sizes=4K",
    "table format=v7s input=33 output=32 quirks=none sizes=4K",
    "table format=v7s input=32 output=35 quirks=none sizes=4K",
    "table format=v7s input=32 output=32 quirks=mtk-ext sizes=4K",
    "table format=v7s input=32 output=32 quirks=blue sizes=4K",
    "table format=v7s input=32 output=32 quirks=none sizes=", "unmap iova=0 size=4K = 0", "",
  ])
  func `with a bad first line is refused`(line: String) {
    #expect(throws: Trace.Malformed.self) { try TableTrace(line + "\n") }
  }

  @Test func `with changed bytes is read or refused, and never ends the process`() throws {
    try expectHarmless(Array(Self.example.utf8)) { _ = try? Recording($0) }
  }

  private static let folder = ProcessInfo.processInfo.environment["STRESS_TRACES"]

  @Test(
    .enabled(if: folder != nil, "STRESS_TRACES names the folder of the recorded traces"))
  func `that was recorded is answered alike`() throws {
    let folder = URL(fileURLWithPath: try #require(Self.folder))
    for name in ["v7s-32bit-6.1", "v7s-32bit-7.2", "v7s-mtk34-7.2"] {
      let file = folder.appendingPathComponent("\(name).trace")
      let recording = try Recording(String(contentsOf: file, encoding: .utf8))
      let release = try #require(recording.release)
      let revision = try #require(Revision.named(release))
      let (calls, differences) = try recording.replay(under: revision)
      #expect(calls >= 2000)
      #expect(differences == [])
    }
  }
}
