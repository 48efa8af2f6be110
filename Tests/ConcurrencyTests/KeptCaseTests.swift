import Generators
import Testing

/// What was found once is tried again by every `swift test`.
@Suite struct `A kept interleaving` {
  @Test func `is there`() { #expect(KeptCases.names.count >= 5) }

  @Test(arguments: KeptCases.names)
  func `breaks its law, or holds it if it was mended`(_ name: String) throws {
    let file = try KeptCases.read(name)
    let replay = KeptCases.replay(file)
    switch file.expectation {
    case .broken:
      #expect(replay.verdict == .exact)
      #expect(replay.finding == file.finding)
    case .lawful: #expect(replay.finding == nil, "\(replay.summary(of: file.finding.law))")
    }
  }

  @Test(arguments: KeptCases.names)
  func `is read as it was written`(_ name: String) throws {
    let file = try KeptCases.read(name)
    #expect(try ProgramCase(file.text) == file)
  }
}
