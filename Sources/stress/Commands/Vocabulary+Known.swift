import Generators
import IOVA

extension Vocabulary {
  /// Every name there is, from where it is defined.
  static let known = Vocabulary(
    workloads: Workload.all.map(\.name), revisions: Revision.all.map(\.name),
    faults: Fault.allCases.map(\.name),
    benches: ["W1", "W1u", "W2", "W3", "W3s", "W4a", "W4b", "W5", "laws"])
}
