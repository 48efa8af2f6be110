import Foundation
import Testing

/// What `stress claims` wrote, and how it ended.
private struct ClaimRun {
  struct Number: Decodable {
    let what: String
    let stated: String
    let counted: String
    let holds: Bool
    let reason: String?
  }

  struct Claim: Decodable {
    let claim: String
    let command: String
    let parameters: [String: Int]
    let numbers: [Number]
  }

  let process: StressProcess
  let claims: [Claim]

  init(_ words: [String] = []) throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("claims-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    process = try StressProcess(["claims"] + words + ["--json", file.path])
    claims = try JSONDecoder().decode([Claim].self, from: Data(contentsOf: file))
  }

  /// Every claim with its usual knobs, counted once for all tests.
  static let usual = Result { try ClaimRun() }

  func counted(_ claim: String) -> [String] {
    claims.filter { $0.claim == claim }.flatMap { $0.numbers.map(\.counted) }
  }

  /// The numbers that are not as stated.
  var exceptions: [String] {
    claims.flatMap { claim in
      claim.numbers.filter { !$0.holds }.map { "\(claim.claim): \($0.what)" }
    }
  }
}

@Suite struct `A claim` {
  @Test func `holds in each number, or says in a sentence why not`() throws {
    let run = try ClaimRun.usual.get()
    #expect(run.process.status == 0)
    #expect(run.process.error == "")
    #expect(
      run.claims.map(\.claim)
        == "C1 C2 C3 C4 C5 C6 C7 C8 C10 C11 C12 C13 C14 C15 C16 C17 C18 C19 C20"
        .split(separator: " ").map(String.init))
    #expect(
      run.exceptions == [
        "C2: a full depot, all ranges the smallest",
        "C5: ranges cached early, after 13,175 s of 83,483 s",
        "C5: ranges cached at the end",
      ])
    for number in run.claims.flatMap(\.numbers) {
      #expect((number.reason == nil) == number.holds)
      if let reason = number.reason { #expect(reason.hasSuffix(".")) }
    }
  }

  @Test(arguments: [
    ("C1", ["2,001,000", "2,000"]), ("C2", ["128 KiB", "32 MiB", "0"]),
    ("C3", ["600", "1,200", "153,600", "0", "1", "1,000"]), ("C4", ["417,792", "24,576"]),
    ("C5", ["0", "128", "127"]), ("C6", ["256"]),
    ("C7", ["32", "16", "10"]),
    ("C8", ["1,032", "2,048", "1,024", "24 KiB", "12 KiB", "6 MiB", "3 MiB"]),
    ("C11", ["1", "255", "32,767", "100,000"]), ("C14", ["40", "10 KiB", "1.25 MiB"]),
    ("C15", ["64 KiB", "4,096 KiB", "98.4 %"]), ("C18", ["0", "100"]),
    ("C19", ["11,565", "51,574", "45", "0", "1"]),
    ("C20", ["25", "0", "200", "158", "600", "4,096 KiB"]),
  ])
  func `gives the numbers that were written`(claim: String, written: [String]) throws {
    let numbers = try ClaimRun.usual.get().claims.first { $0.claim == claim }?.numbers ?? []
    for text in written {
      let holding = numbers.filter { $0.stated == text && $0.counted == text && $0.holds }
      #expect(!holding.isEmpty, "\(text) is missing")
    }
  }

  @Test(arguments: [
    ("C1", "ranges=100", ["5,050", "4,950", "100"]),
    (
      "C3", "cpus=3,magazine=4,ranges=10",
      ["18", "36", "144", "0", "1", "10", "1", "1", "0", "0", "0"]
    ),
    ("C4", "cpus=2,depot=1,magazine=4,requests=5", ["120", "30", "400"]),
    ("C6", "slots=32,magazine=16,pairs=100", ["32", "32", "32", "1"]),
    ("C7", "cpus=4,magazines=7,magazine=3", ["7", "4", "3", "300"]),
    (
      "C8", "before=64,magazine=63,cpus=2",
      ["520", "1,024", "49.2 %", "512", "12 KiB", "6 KiB", "0.02 MiB", "0.01 MiB"]
    ),
    ("C10", "guest=50,lpar=0", ["66.6 %", "99.5 %", "100 %"]),
    (
      "C11", "slots=8,single=16,cpus=2,rate=1000,seconds=2,timeout=5",
      ["1", "7", "14", "15", "2,000", "400", "134", "200", "1"]
    ),
    ("C12", "aperture=100,unmaps=1000", ["10", "0"]),
    ("C13", "batch=10,timeout=4,unmaps=200,rate=1000,seconds=1", ["200", "20", "250"]),
    ("C14", "slots=512,single=1024,cpus=2", ["40", "20 KiB", "0.04 MiB"]),
    (
      "C15", "tables=8",
      ["8 KiB", "32 KiB", "4,096 KiB", "99.8 %", "4,096", "32 KiB", "256 KiB", "8 KiB", "32 KiB"]
    ),
    ("C18", "maps=7", ["0", "7", "0", "1", "7", "7", "0", "0", "7"]),
    (
      "C19", "cpus=3,ranges=1000,kept=10",
      ["273", "273", "9", "2", "7,018", "21", "9", "4", "0", "1"]
    ),
    (
      "C19", "cpus=1,ranges=6000,kept=1",
      ["690", "690", "59", "1", "278,577", "138", "46", "3", "0", "1"]
    ),
    (
      "C20", "maps=200,requests=10",
      ["5", "0", "16", "7", "10", "48", "0", "12 KiB", "4,096 KiB", "32 KiB"]
    ),
  ])
  func `follows its knobs`(claim: String, settings: String, counted: [String]) throws {
    let run = try ClaimRun([claim, "--with", settings])
    #expect(run.counted(claim) == counted)
    #expect(run.exceptions == [])
    #expect(run.process.status == 0)
  }

  @Test func `says what refutes it, and then the status is 1`() throws {
    let run = try ClaimRun(["C10", "--with", "lpar=10000"])
    #expect(run.process.status == 1)
    #expect(run.exceptions == ["C10: LPAR's speed, a flush costing 10000, by rings"])
    #expect(run.process.output.contains("This refutes the claim"))
  }

  @Test func `is printed with its knobs in at most 100 columns`() throws {
    let run = try ClaimRun.usual.get()
    let lines = run.process.output.split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(run.process.output.contains("  with ranges=2000\n"))
    #expect(lines.last?.hasPrefix("19 claims, ") == true)
    #expect(run.claims.first?.command == "stress claims C1 --with ranges=2000")
    #expect(run.claims.first?.parameters == ["ranges": 2000])
  }

  @Test func `is shown in its document as it is`() throws {
    let page = try Document("Documents/CLAIMS.md")
    #expect(page.text.contains("stress claims\n\(try ClaimRun.usual.get().process.output)```\n"))
  }

  @Test(arguments: ["C5", "C16"])
  func `comes out the same again by the command behind it`(id: String) throws {
    let claim = try ClaimRun.usual.get().claims.first { $0.claim == id }
    let words = claim?.command.split(separator: " ").dropFirst(2).map(String.init) ?? []
    #expect(try ClaimRun(words).counted(id) == claim?.numbers.map(\.counted))
  }
}
