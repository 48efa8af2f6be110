/// An order in which CPUs take their steps, as a list of turns: the value that is kept, shrunk,
/// printed and replayed.
///
/// A policy only makes a schedule; replay never asks it again. A schedule says nothing of what the
/// steps do, so it may be run on a program that has changed: see `Replay`.
///
/// ```swift
/// let schedule = Schedule(cpus: [0, 0, 0, 1, 0])
/// assert(schedule.description == "cpu0 3, cpu1 1, cpu0 1" && schedule.switches == 2)
/// ```
public struct Schedule: Hashable, Sendable {
  /// One turn of a CPU: how many steps it takes before another one does.
  public struct Segment: Hashable, Sendable {
    /// Whose turn it is.
    public var cpu: Int
    /// How many steps it takes.
    public var steps: Int

    /// A turn of this CPU.
    public init(cpu: Int, steps: Int) {
      self.cpu = cpu
      self.steps = steps
    }
  }

  /// The turns in order; each takes at least one step, and no two in a row are of one CPU.
  public private(set) var segments: [Segment] = []

  /// The schedule that prefers no order: CPU by CPU.
  public init() {}

  /// These turns; empty ones are left out, and neighbours of one CPU become one.
  public init(_ segments: some Sequence<Segment>) {
    for segment in segments { append(segment) }
  }

  /// The schedule in which these CPUs take one step each.
  public init(cpus: some Sequence<Int>) {
    for cpu in cpus { append(Segment(cpu: cpu, steps: 1)) }
  }

  /// Adds a turn at the end.
  public mutating func append(_ segment: Segment) {
    guard segment.steps > 0 else { return }
    if let last = segments.last, last.cpu == segment.cpu {
      segments[segments.count - 1].steps += segment.steps
    } else {
      segments.append(segment)
    }
  }

  /// How often another CPU goes on.
  public var switches: Int { max(0, segments.count - 1) }
  /// The steps of all turns.
  public var steps: Int { segments.reduce(0) { $0 + $1.steps } }
}
