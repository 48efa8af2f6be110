/// The names that options and operands may take, collected from where each is defined.
struct Vocabulary {
  var workloads: [String]
  var revisions: [String]
  var faults: [String]
  /// By name and by number.
  var laws: [String]
  var policies: [String]
  var benches: [String]
  var claims: [String]
  var knobs: [String]
}
