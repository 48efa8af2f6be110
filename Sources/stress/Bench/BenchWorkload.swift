import IOVA

/// A fixed sequence of calls, with every random number drawn in advance.
struct BenchWorkload {
  /// The divisor of the time.
  var operations: Int
  /// Whether every run makes the same decisions.
  var isRepeatable = true
  /// The checksum of Linux's own code under a revision, if it is known.
  var checksum: (Revision) -> UInt64?
  /// Makes the calls on a fresh domain.
  var run: (Revision) throws -> BenchRun
}
