import Generators
import IOVA
import Invariants

extension Vocabulary {
  /// All names, from where they are defined.
  static let known = Vocabulary(
    workloads: Workload.all.map(\.name), revisions: Revision.all.map(\.name),
    faults: Fault.allCases.map(\.name), laws: Law.all.map(\.name) + Law.all.map(\.id),
    policies: Policy.allCases.filter { $0 != .replay }.map(\.rawValue),
    benches: BenchCommand.names, claims: Claim.all.map(\.id), knobs: Knob.all.map(\.name))
}
