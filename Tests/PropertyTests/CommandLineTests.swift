import Generators
import Testing

@Suite struct `The command line` {
  @Test(arguments: [
    ("--thread 4", "unknown option '--thread'; the nearest is '--threads'"),
    ("run --round=4", "unknown option '--round'; the nearest is '--rounds'"),
    ("trace --revison current x", "unknown option '--revison'; the nearest is '--revision'"),
    ("trace --threads 4 x", "'trace' has no option --threads; 'run' has"),
    ("rnu", "unknown command 'rnu'; the nearest is 'run'"),
    ("benhc W1", "unknown command 'benhc'; the nearest is 'bench'"),
    (
      "--revision linux-6.21",
      "--revision: unknown revision 'linux-6.21'; the nearest is 'linux-6.12'"
    ),
    ("--fault A01,A51", "--fault: unknown fault 'A51'; the nearest is 'A01'"),
    ("--policy ptc", "--policy: unknown policy 'ptc'; the nearest is 'pct'"),
    ("--policy replay", "--policy: unknown policy 'replay'"),
    ("--fault LIN", "--fault: unknown fault 'LIN'"),
    ("laws I7c", "unknown law 'I7c'; the nearest is 'I7'"),
    ("faults R16x", "unknown fault 'R16x'; the nearest is 'R16'"),
    ("--laws evry", "--laws: unknown choice 'evry'; the nearest is 'every'"),
    ("bench w1u", "unknown bench 'w1u'; the nearest is 'W1u'"),
    ("claims C21", "unknown claim 'C21'; the nearest is 'C1'"),
    ("claims --with rnges=1", "--with: unknown knob 'rnges'; the nearest is 'ranges'"),
  ])
  func `suggests the nearest name for an unknown one, if one is near`(
    words: String, message: String
  ) throws {
    try expectMisuse(words, message)
  }

  @Test(arguments: [
    ("--threads 0", "--threads: 0 is outside 1...64"),
    ("--threads=65", "--threads: 65 is outside 1...64"),
    ("--threads -1", "--threads: -1 is outside 1...64"),
    ("--threads 99999999999999999999", "--threads: 99999999999999999999 is outside 1...64"),
    ("--rounds 0", "--rounds: 0 is outside 1...1000000000000"),
    ("--laws sampled=0", "--laws: 0 is outside 1...1000000"),
    (
      "prove --cpus 6 --commands 8",
      "more than 9,223,372,036,854,775,807 programs are too many; fewer CPUs or commands"
    ),
    ("claims --with ranges=0", "--with: ranges: 0 is outside 1...10000"),
    ("--for 0s", "--for: 0s is outside 1ms...1000h"),
    ("--for 99999999999999999999h", "--for: 99999999999999999999h is outside 1ms...1000h"),
    (
      "--seed 0x10000000000000000",
      "--seed: 0x10000000000000000 is outside 0...0xffffffffffffffff"
    ),
  ])
  func `says the range of a number outside it`(words: String, message: String) throws {
    try expectMisuse(words, message)
  }

  @Test(arguments: ["30", "s", "10x", "1.5h", "-1s", "+1s", "1h30m"])
  func `says how a duration is written`(text: String) throws {
    try expectMisuse(
      "--for \(text)", "--for: '\(text)' is not a duration; write 500ms, 30s, 10m or 8h")
  }

  @Test(arguments: [
    ("--threads four", "--threads: 'four' is not a whole number"),
    ("--seed 0x", "--seed: '0x' is not a seed; write 42 or 0x2a"),
    ("--seed -1", "--seed: '-1' is not a seed; write 42 or 0x2a"),
    ("--laws sampled", "--laws: 'sampled' needs a number, such as sampled=16"),
    ("--quiet=1", "--quiet takes no value"),
    ("claims --with ranges", "--with: 'ranges' is no setting; write ranges=500"),
    ("claims --with ranges=x", "--with: ranges: 'x' is not a whole number"),
    ("claims --with slots=100", "--with: slots: 100 is no power of two"),
    ("claims C1 --with tables=1", "--with: no chosen claim has the knob 'tables'; C15 has"),
  ])
  func `says what is wrong with a value`(words: String, message: String) throws {
    try expectMisuse(words, message)
  }

  @Test(arguments: [
    ("--threads", "--threads needs a value: N"),
    ("--for --quiet", "--for needs a value: TIME"),
    ("--json=", "--json needs a value: FILE"),
    ("trace", "'trace' needs a FILE"),
    ("replay", "'replay' needs a FILE"),
  ])
  func `says what is missing`(words: String, message: String) throws {
    try expectMisuse(words, message)
  }

  @Test(arguments: [
    ("--threads 2 --threads=2", "--threads is given twice"),
    ("--quiet --rounds 1 --quiet", "--quiet is given twice"),
    ("claims --with ranges=1,ranges=2", "--with: ranges is given twice"),
    ("replay a b", "'replay' takes only one FILE, not 'b'"),
  ])
  func `says what is too much`(words: String, message: String) throws {
    try expectMisuse(words, message)
  }

  @Test(arguments: [
    ("STRESS_THREADS", "65", "65 is outside 1...64"),
    ("STRESS_FOR", "10", "'10' is not a duration; write 500ms, 30s, 10m or 8h"),
    ("STRESS_FAULT", "A01,A51", "unknown fault 'A51'; the nearest is 'A01'"),
    ("STRESS_QUIET", "maybe", "'maybe' is neither 1 nor 0"),
  ])
  func `names the variable that holds a bad value`(
    variable: String, text: String, message: String
  ) throws {
    try expectMisuse("run", environment: [variable: text], "\(variable): \(message)")
  }

  @Test func `finds a folder that cannot be written before the run starts`() throws {
    try expectMisuse(
      "--cases /dev/null/cases",
      "--cases: cannot make the folder '/dev/null/cases': Not a directory")
    try expectMisuse("--json /", "--json: cannot write '/': Is a directory")
    try expectMisuse("claims --json /", "--json: cannot write '/': Is a directory")
    for words in ["--rounds 1 --json", "--timeline", "faults --hunt --json"] {
      let option = words.split(separator: " ").last ?? ""
      try expectMisuse(
        words + " /missing/folder/x",
        "\(option): cannot write '/missing/folder/x': No such file or directory")
    }
    try expectMisuse("--timeline /", "--timeline: cannot write '/': Is a directory")
    try expectMisuse("replay --timeline / x", "--timeline: cannot write '/': Is a directory")
  }

  @Test func `keeps a mistake on one line whatever was typed`() throws {
    try expectMisuse(["a\nb\u{1B}"], "unknown command 'a\\nb\\u{1B}'")
  }

  @Test(arguments: [
    (
      "--threads 1 --rounds 1 --policy pct",
      "--policy has no effect: one thread runs programs in order"
    ),
    (
      "--threads 1 --rounds 1 --mode free",
      "--mode has no effect: one thread runs programs in order"
    ),
    (
      "--threads 2 --rounds 1 --mode free --policy pct",
      "--policy has no effect: on threads no interleaving is chosen"
    ),
    ("faults --for 1s", "--for has no effect without --hunt"),
  ])
  func `says which option has no effect`(words: String, message: String) throws {
    let run = try StressProcess(words.split(separator: " ").map(String.init))
    #expect(run.error == "stress: \(message)\n")
    #expect(run.status == 0)
  }

  @Test func `tells more of a law or a fault that is named`() throws {
    let law = try StressProcess(["laws", "I7"])
    #expect(law.output.contains("max32IsSound in Sources/Invariants"))
    let fault = try StressProcess(["faults", "R16"])
    #expect(fault.output.contains("teardown cancels the trim workers only after the drain"))
    #expect(fault.output.contains("nothingRunsAfterTeardown (I27)"))
    #expect(fault.output.contains(".r16 in Sources/IOVA"))
  }

  @Test func `says how many failures are not the fault's`() throws {
    let words = "--threads 1 --revision linux-6.12 --workload tree --seed 5 --rounds 200"
    let run = try StressProcess((words + " --fault P17").split(separator: " ").map(String.init))
    #expect(run.output.contains(" without the fault as well: not counted"))
    #expect(run.status == 0)
  }

  @Test func `takes the seed from the environment unless it is typed`() throws {
    let environment = ["STRESS_SEED": "255"]
    let read = try StressProcess(["--rounds", "1"], environment: environment)
    #expect(read.output.hasPrefix("seed 0xff\n"))
    let typed = try StressProcess(["--rounds", "1", "--seed=0x2A"], environment: environment)
    #expect(typed.output.hasPrefix("seed 0x2a\n"))
  }

  @Test func `draws another seed for each run that is given none`() throws {
    let first = try StressProcess(["--rounds", "1"])
    let second = try StressProcess(["--rounds", "1"])
    #expect(first.output.prefix { $0 != "\n" } != second.output.prefix { $0 != "\n" })
  }

  @Test func `prints its version`() throws {
    let version = try StressProcess(["--version"])
    #expect(version.output == "stress \(ProgramCase.programVersion)\n")
    #expect(version.error == "")
    #expect(version.status == 0)
  }

  @Test(arguments: ["run", "trace", "replay", "laws", "faults", "workloads", "bench", "claims"])
  func `prints help on each command, even after a mistake`(command: String) throws {
    let help = try StressProcess([command, "--nonsense", "--help"])
    let name = command == "run" ? "[run]" : command
    #expect(help.output.hasPrefix("usage: stress \(name)"))
    #expect(help.error == "")
    #expect(help.status == 0)
    let all = try StressProcess(["--help"])
    #expect(all.output.contains("\n  \(name)"))
  }

  @Test func `prints help that is at most 100 characters wide and names every option`() throws {
    let help = try StressProcess(["--help"])
    let lines = help.output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 100 })
    let options = [
      "--threads N", "--seed S", "--for TIME", "--rounds N", "--workload NAME", "--revision NAME",
      "--fault NAME", "--fail-each", "--laws every|sampled=K|rest", "--json FILE", "--cases DIR",
      "--quiet",
      "--policy NAME", "--timeline FILE", "--help", "--version",
    ]
    for option in options {
      #expect(lines.contains { $0.hasPrefix("  \(option) ") }, "\(option) is missing")
    }
  }
}

private func expectMisuse(
  _ words: String, environment: [String: String] = [:], _ message: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  try expectMisuse(
    words.split(separator: " ").map(String.init), environment: environment, message,
    sourceLocation: sourceLocation)
}

/// Expects exactly one line on standard error, nothing else printed, and exit status 2.
private func expectMisuse(
  _ words: [String], environment: [String: String] = [:], _ message: String,
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let run = try StressProcess(words, environment: environment)
  #expect(run.error == "stress: \(message)\n", sourceLocation: sourceLocation)
  #expect(run.output == "", sourceLocation: sourceLocation)
  #expect(run.status == 2, sourceLocation: sourceLocation)
}
