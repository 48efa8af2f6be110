/// How a failure was found.
struct Discovery: Codable {
  /// The policy that chose the interleaving, or one of the two below.
  let finder: String
  /// Programs run until then, with each interleaving and each run on threads counted.
  let executions: Int
  let seconds: Double

  /// What finds a failure where nothing is chosen.
  static let inOrder = "in order"
  static let onThreads = "threads"
}
