import Generators
import IOVA
import Testing

@Suite struct `A trace` {
  private static let example = """
    # recorded from Linux 6.12 (a comment)
    domain granule=4096 start=0x1 cpus=2
    reserve 0x10 0x1f = ok
    alloc pages=1 limit=0xfffff aligned=no = 0xfffff
    allocFast cpu=1 pages=4 limit=0xfffff flush=yes = 0xffff8
    freeFast cpu=1 pfn=0xffff8 pages=4
    state ranges=3 cached=anchor cached32=0xffff8 max32=0x100000
    flushCPU 1
    flushDepots
    advance ms=100
    free 0xfffff
    state ranges=1 cached=anchor cached32=anchor max32=0x100000

    """

  @Test func `is read line by line`() throws {
    let trace = try Trace(Self.example)
    #expect(trace.release == "linux-6.12")
    #expect(trace.granule == .fourKiB)
    #expect(trace.start == PFN(1))
    #expect(trace.cpus == 2)
    #expect(trace.calls.map(\.line) == Array(3...12))
    #expect(trace.calls[0].call == .reserve(PFNRange(PFN(16), through: PFN(31))))
    #expect(
      trace.calls[2].call
        == .allocateFast(
          cpu: CPU(1), pages: 4, limit: PFN(0xfffff), flush: true, answer: PFN(0xffff8)))
    #expect(trace.calls[6].call == .flushDepots)
  }

  @Test func `is answered alike by its release`() throws {
    let replay = try TraceReplay(Trace(Self.example), revision: .linux6_12)
    #expect(replay.calls == 10)
    #expect(replay.differences == [])
  }

  @Test func `of a flush queue is answered alike by its release`() throws {
    let text = """
      # recorded from Linux 5.10
      domain granule=4096 start=0x1 cpus=2 flushQueue=perCPU
      allocFast cpu=0 pages=4 limit=0xfffff flush=yes = 0xffffc
      allocFast cpu=1 pages=8 limit=0xfffff flush=yes = 0xffff0
      deferFree cpu=0 pfn=0xffffc pages=4
      allocFast cpu=1 pages=4 limit=0xfffff flush=yes = 0xfffec
      state ranges=3 flushes=0
      advance ms=10
      allocFast cpu=0 pages=4 limit=0xfffff flush=yes = 0xffffc
      state ranges=3 flushes=1

      """
    let trace = try Trace(text)
    #expect(trace.flushQueue == .perCPU)
    let replay = try TraceReplay(trace, revision: .linux5_10)
    #expect(replay.calls == 8)
    #expect(replay.differences == [])
    let other = try TraceReplay(
      Trace(text.replacing("flushes=1", with: "flushes=2")), revision: .linux5_10)
    #expect(other.differences.map(\.line) == [10])
  }

  @Test func `may have the line ends of other systems`() throws {
    let trace = try Trace(Self.example.replacing("\n", with: "\r\n"))
    #expect(trace.calls.map(\.line) == Array(3...12))
    #expect(trace.release == "linux-6.12")
  }

  @Test func `with another answer differs in that line`() throws {
    let text = Self.example.replacing("= 0xffff8", with: "= 0")
    let replay = try TraceReplay(Trace(text), revision: .linux6_12)
    let difference = try #require(replay.differences.first)
    #expect(replay.differences.count == 1)
    #expect(difference.line == 5)
    #expect(difference.expected == "0x0")
    #expect(difference.found == "0xffff8")
  }

  @Test func `with another state differs in that line`() throws {
    let text = Self.example.replacing("ranges=1 ", with: "ranges=2 ")
    let replay = try TraceReplay(Trace(text), revision: .linux6_12)
    #expect(replay.differences.map(\.line) == [12])
  }

  @Test func `cut off at any byte is refused, or ends with a whole line`() throws {
    let bytes = Array(Self.example.utf8)
    for count in bytes.indices {
      let text = String(decoding: bytes[..<count], as: UTF8.self)
      do {
        _ = try Trace(text)
        if !text.hasSuffix("\n") { Issue.record("cut at \(count): read") }
      } catch {
        let lines = bytes[..<count].count { $0 == UInt8(ascii: "\n") } + 1
        if error.line < 1 || error.line > lines || error.reason.isEmpty {
          Issue.record("cut at \(count): line \(error.line), \(error.reason)")
        }
      }
    }
  }

  @Test(arguments: [
    "alloc pages=0 limit=0xf aligned=no = 0", "alloc pages=1 limit=0xf aligned=maybe = 0",
    "alloc pages=1 limit=0xffffffffffffffff aligned=no = 0", "alloc limit=0xf pages=1 = 0",
    "allocFast cpu=2 pages=1 limit=0xf flush=no = 0", "freeFast cpu=1 pfn=-1 pages=1",
    "freeFast cpu=1 pfn=0x1", "free", "free 1 2", "free 0x", "reserve 5 4 = ok", "reserve 4 5 = no",
    "flushCPU 2", "flushCPU", "advance ms=1000001", "state ranges=1", "jump 3", "= 3",
    "domain granule=4096 start=1 cpus=2", "alloc pages=99999999999999999999 limit=1 aligned=no = 0",
  ])
  func `with a bad line is refused, and the line named`(line: String) {
    do {
      _ = try Trace("domain granule=4096 start=1 cpus=2\n\(line)\n")
      Issue.record("the text was read")
    } catch {
      #expect(error.line == 2)
      #expect(!error.reason.isEmpty)
    }
  }

  @Test(arguments: [
    "domain granule=4095 start=1 cpus=2", "domain granule=4096 start=0 cpus=2",
    "domain granule=4096 start=1 cpus=0", "domain granule=4096 start=1 cpus=257",
    "domain granule=4096 start=1 cpus=1 flushQueue=1", "free 1", "",
  ])
  func `with a bad first line is refused`(line: String) {
    #expect(throws: Trace.Malformed.self) { try Trace(line + "\n") }
  }

  @Test func `with changed bytes is read or refused, and never ends the process`() throws {
    try expectHarmless(Array(Self.example.utf8)) { _ = try? Trace($0) }
  }
}
