import Generators
import IOVA

extension Vocabulary {
  /// Every name there is, from where it is defined.
  static let known = Vocabulary(
    workloads: Workload.all.map(\.name), revisions: Revision.all.map(\.name),
    faults: Fault.allCases.map(\.name),
    benches: BenchCommand.names)
}
