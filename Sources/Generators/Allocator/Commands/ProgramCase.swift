import IOVA

/// A program with the law that it breaks, and how its CPUs were interleaved, as readable text.
///
/// ```text
/// stress case, version 2
/// program: stress 1.0
/// expect: broken
/// law: nothingAbsentIsUsed
/// evidence: a range is removed that was freed
/// revision: current
/// faults: A13
/// cpus: 2
/// start: 0x1
/// boundary: 0x10
/// magazine: 127
/// depot: 32
/// credit: all
/// mode: controlled
/// commands:
/// in order: cpu0: a0 = allocate(1, below: 0xf)
/// cpu0: freeShared(a0)
/// cpu1: freeShared(a0)
/// schedule:
/// cpu0 until 1 "freeShared(a0)" has found the range
/// cpu1 to its end
/// cpu0 to its end
/// end
/// ```
public struct ProgramCase: Hashable, Sendable {
  /// How the program was run when it broke the law.
  public enum Mode: String, Sendable {
    case sequential, free, controlled
  }

  /// What is expected of a kept case.
  public enum Expectation: String, Sendable {
    /// The law breaks, since the faults are switched on or the bug is still there.
    case broken
    /// The law holds: the bug was fixed, and stays fixed.
    case lawful
  }

  /// A text that is no case, and the line that shows it.
  public struct Malformed: Error, Hashable, Sendable {
    public let line: Int
    public let reason: String
  }

  /// The version of the program that writes cases, and of the executable.
  public static let programVersion = "1.0"

  public var finding: Finding
  public var mode: Mode
  public var program: Program
  public var expectation = Expectation.broken
  /// The turns of a controlled run.
  public var script = Script()
  /// The choice at each switch point of a controlled run, in a file of version 1.
  public var choices: [UInt64] = []
  /// The program that wrote the case.
  public var writer = "stress \(programVersion)"

  /// A program that ran in order or, with a schedule, interleaved.
  public init(_ finding: Finding, _ program: Program, _ script: Script?) {
    self.init(finding, script == nil ? .sequential : .controlled, program)
    self.script = script ?? Script()
  }

  public init(_ finding: Finding, _ mode: Mode, _ program: Program) {
    self.finding = finding
    self.mode = mode
    self.program = program
  }
}
