import IOVA

/// Turns of CPUs and of the worker.
extension Script {
  /// The lines of all turns, for a program with `cpus` CPUs.
  public func lines(cpus: Int) -> [String] { turns.map { $0.line(cpus: cpus) } }
}

extension Script.Turn {
  /// The line of the turn, for a program with `cpus` CPUs.
  public func line(cpus: Int) -> String {
    line { $0 == cpus ? "worker" : "cpu\($0 < cpus ? $0 : $0 - 1)" }
  }

  /// Reads a line; nil if it is no turn. No text makes it trap.
  ///
  /// - Parameter cpus: those of the program; a CPU that it does not have is read as an actor beyond
  ///   the worker, which never gets a turn.
  public init?(_ line: some StringProtocol, cpus: Int) {
    self.init(
      Substring(line), actor: { Self.actor($0, cpus: cpus) }, isPoint: AllocatorLexicon.knows)
  }

  private static func actor(_ name: Substring, cpus: Int) -> Int? {
    if name == "worker" { return cpus }
    guard let cpu = ProgramCaseReader.cpu(name, below: 1 << 16)?.index else { return nil }
    return cpu < cpus ? cpu : cpu + 1
  }
}
