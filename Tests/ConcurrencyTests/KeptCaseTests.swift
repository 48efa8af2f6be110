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

  @Test func `of the first version repeats from its choices`() throws {
    var file = try KeptCases.read("A13.case")
    let run = ControlledRun(cpus: 2, KeptCases.book(file))
    var source = ChoiceSource(seed: Seed(0))
    for number in 0..<100 as Range<UInt64> {
      source.reset(seed: Seed(0).derived(number))
      if run.run(file.program, &source).finding != nil { break }
    }
    file.choices = source.choices.values
    file.script = Script()
    let replay = KeptCases.replay(try ProgramCase(file.text))
    #expect(replay.verdict == .exact)
    let script = try #require(replay.script)
    #expect(run.replay(file.program, script).isExact)
  }

  @Test func `without a schedule is found again by search`() throws {
    var file = try KeptCases.read("Migration.case")
    file.script = Script()
    let replay = KeptCases.replay(file)
    guard case .foundAgain(let executions) = replay.verdict else {
      Issue.record("\(replay.verdict)")
      return
    }
    #expect((2...CaseReplay.searchLimit).contains(executions))
    // What it was found by is written down in words.
    file.script = try #require(replay.script)
    #expect(KeptCases.replay(file).verdict == .exact)
  }
}
