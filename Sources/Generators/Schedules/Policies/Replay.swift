/// Follows a schedule as far as it fits the program at hand.
///
/// Lenient, since a shrinker's candidate and a program that was edited rarely fit: a turn of a CPU
/// that has finished or waits is cut short, and after the last turn the rest runs CPU by CPU, the
/// present one first.
public struct Replay: Scheduler, Sendable {
  /// What is followed.
  public private(set) var schedule: Schedule
  /// Steps of the schedule that did not fit; 0 after an exact replay.
  public private(set) var skippedSteps = 0
  /// Steps taken after the schedule had ended, with more than one CPU to choose from.
  public private(set) var unplannedSteps = 0

  private var index = 0
  private var left = 0

  /// A replay of this schedule.
  public init(_ schedule: Schedule = Schedule()) { self.schedule = schedule }

  public mutating func begin(_ plan: ExecutionPlan, drawing source: inout ChoiceSource) {
    skippedSteps = 0
    unplannedSteps = 0
    index = 0
    left = schedule.segments.first?.steps ?? 0
  }

  public mutating func next(
    of runnable: CPUSet, after current: Int?, pending: Span<Step>,
    drawing source: inout ChoiceSource
  ) -> Int? {
    while index < schedule.segments.count {
      let cpu = schedule.segments[index].cpu
      if left > 0, runnable.contains(cpu) {
        left &-= 1
        return cpu
      }
      skippedSteps += left
      index += 1
      left = index < schedule.segments.count ? schedule.segments[index].steps : 0
    }
    if runnable.hasSeveral { unplannedSteps += 1 }
    return runnable.first(from: current ?? 0)
  }

  public mutating func ran(_ step: Step) {}
}
