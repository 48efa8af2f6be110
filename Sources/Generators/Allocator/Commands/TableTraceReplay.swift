import IOVA

/// Runs a trace on a page table of its own and compares every answer.
public struct TableTraceReplay: Sendable {
  public private(set) var calls = 0
  public private(set) var differences: [TraceReplay.Difference] = []

  /// Runs all calls as CPU 0, on a table with the rules of a release.
  public init(_ trace: TableTrace, revision: Revision) throws(OutOfMemory) {
    var configuration = trace.configuration
    configuration.revision = revision
    let machine = Machine(cpus: 1, clock: .virtual)
    let table = try PageTable(configuration, in: PhysicalMemory(), on: machine)
    for (line, call) in trace.calls {
      calls += 1
      let (expected, found) = TableTraceReplay.run(call, on: table)
      guard expected != found else { continue }
      differences.append(TraceReplay.Difference(line: line, expected: expected, found: found))
    }
    table.teardown(on: CPU(0))
  }

  /// Runs one call; returns the answers to compare.
  private static func run(_ call: TableTrace.Call, on table: PageTable) -> (String, String) {
    let cpu = CPU(0)
    switch call {
    case .map(let iova, let output, let size, let protection, let answer):
      let result = table.map(iova, to: output, size, protection, on: cpu)
      let found: TableTrace.MapAnswer =
        result.failure.map { .refused($0) } ?? .ok(table.leaf(at: iova)?.entry ?? .invalid)
      return ("\(answer)", "\(found)")
    case .unmap(let iova, let size, let bytes):
      var gather = UnmapGather()
      let found = table.unmap(iova, size, into: &gather, on: cpu)
      return ("0x" + String(bytes, radix: 16), "0x" + String(found, radix: 16))
    case .translate(let iova, let answer):
      return (text(answer), text(table.translate(iova)))
    }
  }

  private static func text(_ address: PhysicalAddress?) -> String { address?.description ?? "0x0" }
}
