/// What `stress prove` was asked to do.
struct ProveOptions {
  var cpus = 2
  var commands = 3
  var workload: String?
  var revision: String?
  var faults: [String] = []
  var except: [String] = []

  static var table: [OptionSyntax<Self>] {
    [
      .init("cpus", .number(1...6), \.cpus, "CPUs, 1...6; 2 unless given"),
      .init(
        "commands", .number(1...8), \.commands, "Most commands of a CPU, 1...8; 3 unless given"),
      .init(
        "workload", .workload, \.workload,
        "'cache', the default: through the caches; 'tree': straight from the tree"),
      .init("revision", .revision, \.revision, "Release whose rules the allocator follows"),
      .init(
        "fault", listOf: .fault, \.faults,
        "Faults to switch on, repeated or with commas between; 'stress faults' lists them"),
      .init(
        "except", listOf: .law, \.except,
        "Laws that may be broken, being known findings; 'stress laws' lists them"),
    ]
  }
}
