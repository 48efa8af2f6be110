import IOVA

/// Runs a trace on a domain of its own and compares every answer.
public struct TraceReplay: Sendable {
  /// A line whose answer differs.
  public struct Difference: Hashable, Sendable {
    public let line: Int
    public let expected: String
    public let found: String
  }

  public private(set) var calls = 0
  public private(set) var differences: [Difference] = []

  /// Runs all calls; timers and workers run as CPU 0.
  public init(_ trace: Trace, revision: Revision) throws(OutOfMemory) {
    let machine = Machine(cpus: trace.cpus, clock: .virtual)
    var configuration = DomainConfiguration()
    configuration.granule = trace.granule
    configuration.start = trace.start
    configuration.revision = revision
    configuration.flushQueue = trace.flushQueue
    let domain = try IOVADomain(on: machine, configuration)
    for (line, call) in trace.calls {
      calls += 1
      guard let (expected, found) = TraceReplay.run(call, on: domain), expected != found else {
        continue
      }
      differences.append(Difference(line: line, expected: expected, found: found))
    }
    domain.teardown(on: CPU(0))
  }

  /// Runs one call; returns the answers to compare, if it has one.
  private static func run(_ call: Trace.Call, on domain: IOVADomain) -> (String, String)? {
    let cpu = CPU(0)
    switch call {
    case .reserve(let range):
      return ("ok", domain.reserve(range, on: cpu) ? "ok" : "refused")
    case .allocate(let pages, let limit, let aligned, let answer):
      let range = domain.allocate(pages, below: AddressLimit(limit), aligned: aligned, on: cpu)
      return (text(answer), text(range?.lo))
    case .free(let pfn):
      domain.free(pfn, on: cpu)
    case .allocateFast(let cpu, let pages, let limit, let flush, let answer):
      let pfn = domain.allocateFast(pages, below: AddressLimit(limit), flush: flush, on: cpu)
      return (text(answer), text(pfn))
    case .freeFast(let cpu, let pfn, let pages): domain.freeFast(pfn, pages, on: cpu)
    case .deferFree(let cpu, let pfn, let pages): domain.deferFree(pfn, pages, on: cpu)
    case .flushCaches(let victim): domain.flushCaches(of: victim, on: cpu)
    case .flushDepots: domain.flushDepots(on: cpu)
    case .advance(let milliseconds): domain.machine.advance(by: milliseconds, on: cpu)
    case .state(let state): return (state.description, TraceState(of: domain).description)
    case .flushes(let ranges, let flushes):
      let found = (domain.searchState.count, domain.counters.flush.finished)
      return ("ranges=\(ranges) flushes=\(flushes)", "ranges=\(found.0) flushes=\(found.1)")
    }
    return nil
  }

  private static func text(_ pfn: PFN?) -> String { pfn.map { "\($0)" } ?? "0x0" }
}

extension TraceState {
  /// The state of a domain at rest.
  init(of domain: IOVADomain) {
    let search = domain.searchState
    self.init(
      ranges: UInt64(search.count), cached: search.cached.flatMap { $0.isAnchor ? nil : $0.lo },
      cached32: search.cached32.flatMap { $0.isAnchor ? nil : $0.lo }, max32: search.max32)
  }
}
