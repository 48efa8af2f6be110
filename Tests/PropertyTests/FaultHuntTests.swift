import Foundation
import IOVA
import Testing

@Suite struct `A hunt of faults` {
  @Test func `prints a row for each fault that it was told to find`() throws {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("hunt-\(UUID().uuidString).json")
    defer { try? FileManager.default.removeItem(at: file) }
    let hunt = try StressProcess([
      "faults", "--hunt", "R03", "R01", "--seed", "1", "--for", "30s", "--json", file.path,
    ])
    let lines = hunt.output.split(separator: "\n")
    #expect(hunt.status == 0)
    #expect(lines.count == 5)
    #expect(lines.allSatisfy { $0.count <= 100 })
    #expect(lines.dropFirst(2).first?.hasPrefix("R03 ") == true)
    #expect(lines.dropFirst(3).first?.contains("  0/0 ") == true)
    #expect(lines.last == "2 of 2 faults found")
    let rows = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [[String: Any]]
    #expect(rows?.map { $0["law"] as? String } == ["callsKeepTheirBudget", "nothingAbsentIsUsed"])
  }

  @Test func `says with its exit status that a fault was not found`() throws {
    let hunt = try StressProcess(["faults", "--hunt", "Q07", "--seed", "1", "--for", "1ms"])
    #expect(hunt.status == 1)
    #expect(hunt.output.contains("\nQ07 "))
    #expect(hunt.output.hasSuffix("0 of 1 fault found\n"))
  }

  @Test(arguments: [
    (["faults", "--hunt", "A0"], "unknown fault 'A0'; the nearest is 'A01'"),
    (["faults", "--hunt", "--json", "/"], "--json: cannot write '/': Is a directory"),
    (["bench", "faults-A0"], "unknown bench 'faults-A0'; the nearest is 'faults-A01'"),
  ])
  func `tells a mistake in one line`(words: [String], message: String) throws {
    let run = try StressProcess(words)
    #expect(run.status == 2)
    #expect(run.error == "stress: \(message)\n")
  }

  @Test func `is not what a list of the faults is`() throws {
    let list = try StressProcess(["faults"])
    #expect(list.status == 0)
    #expect(list.output.split(separator: "\n").count > Fault.allCases.count)
  }
}
