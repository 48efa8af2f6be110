extension Vocabulary {
  /// The names this executable knows.
  static let known = Vocabulary(
    workloads: ["default"],
    revisions: ["current", "linux-6.12", "linux-6.1", "linux-5.10", "linux-4.13"],
    faults: [
      "A01", "A02", "A03", "A04", "A05", "A07", "A09", "A10", "A15", "R01", "R03", "R04", "R06",
      "R07", "R08", "R09", "R12", "R17",
    ],
    benches: ["W1", "W1u", "W2", "W3", "W3s", "W4a", "W4b", "W5", "laws"])
}
