import Generators
import Testing

@Suite struct `The bench of policies` {
  @Test func `finds every figure as it should be`() {
    let rows = PolicyBench(.brief).run()
    #expect(rows.count == 18)
    for row in rows { #expect(row.isAsExpected, "\(row)") }
  }

  @Test func `prints a figure, its unit and what it should be`() {
    let rows = PolicyBench(.brief).exhaustiveRows()
    #expect(
      rows.map(\.description) == [
        "ok   exhaustive, locked 2×2: 6 executions  (exactly 6)",
        "ok   exhaustive, locked 2×4: 70 executions  (exactly 70)",
        "ok   exhaustive, locked 3×4: 34650 executions  (exactly 34650)",
      ])
  }
}
