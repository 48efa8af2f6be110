/// How a failure was found.
struct Discovery: Codable {
  /// The policy that chose the interleaving, or one of the two below.
  let finder: String
  /// Programs run until then, counting each interleaving and each run on threads.
  let executions: Int
  let seconds: Double

  /// The finder of failures for which nothing is chosen.
  static let inOrder = "in order"
  static let onThreads = "threads"
}
