import IOVA

/// The allocator's benchmark: workloads whose decisions and counts have been measured on Linux's
/// own code.
///
/// Every random number is drawn before the clock starts, and each run gets a fresh domain.
enum AllocatorBench {
  /// There is no workload with this name.
  struct UnknownName: Error, Hashable, Sendable, CustomStringConvertible {
    let name: String
    var description: String {
      "no workload is called \(name); there are \(names.joined(separator: ", "))"
    }
  }

  /// Two runs of a workload without randomness gave different ranges.
  struct NotRepeatable: Error, Hashable, Sendable, CustomStringConvertible {
    let name: String
    var description: String { "\(name) did not make the same decisions in each of its runs" }
  }

  static let names = ["W1", "W1u", "W2", "W3", "W3s", "W4a", "W4b", "W5", "W6", "W6s", "W6o"]

  /// The number of runs whose median is reported; odd.
  static let runs = 5

  /// Runs one workload under a revision.
  static func run(_ name: String, revision: Revision) throws -> BenchResult {
    let workload = try workload(name)
    var times: [Double] = []
    var last: BenchRun?
    for _ in 0..<runs {
      let run = try workload.run(revision)
      if workload.isRepeatable, let last, last.checksum != run.checksum {
        throw NotRepeatable(name: name)
      }
      times.append(run.elapsed / .nanoseconds(1) / Double(workload.operations))
      last = run
    }
    return BenchResult(
      name: name, revision: revision.name, nanosecondsPerOperation: times.sorted()[runs / 2],
      checksum: last?.checksum.value ?? 0, expectedChecksum: workload.checksum(revision),
      counts: last?.counts ?? [])
  }

  private static func workload(_ name: String) throws(UnknownName) -> BenchWorkload {
    switch name {
    case "W1": TreeWorkload(aligned: true).bench
    case "W1u": TreeWorkload(aligned: false).bench
    case "W2": MagazineWorkload().bench
    case "W3": HandOverWorkload(concurrent: true).bench
    case "W3s": HandOverWorkload(concurrent: false).bench
    case "W4a": NearlyFullWorkload(flushing: false).bench
    case "W4b": NearlyFullWorkload(flushing: true).bench
    case "W5": DepotWorkload().bench
    case "W6": FlushWorkload(queue: .perCPU).bench
    case "W6s": FlushWorkload(queue: .single).bench
    case "W6o": FlushWorkload(queue: nil).bench
    default: throw UnknownName(name: name)
    }
  }
}
