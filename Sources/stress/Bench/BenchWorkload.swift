import IOVA

/// A fixed sequence of calls, with every random number drawn.
struct BenchWorkload {
  /// What the time is divided by.
  var operations: Int
  /// Whether every run decides the same.
  var isRepeatable = true
  /// The checksum of Linux's own code of a revision, if it is known.
  var checksum: (Revision) -> UInt64?
  /// Makes the calls on a fresh domain.
  var run: (Revision) throws -> BenchRun
}
