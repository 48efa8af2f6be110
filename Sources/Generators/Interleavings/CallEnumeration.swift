/// The orders of a few calls, as an enumeration tries them: what shows whether it tries enough.
package final class CallEnumeration {
  private let run: StageRun

  /// - Parameters:
  ///   - lanes: By thread, what its calls do.
  ///   - make: Makes what they share, anew for each execution.
  package init(_ lanes: [[() -> Void]], make: @escaping () -> Void) throws {
    let subject = Subject(make: make, makeModel: {}, drop: {})
    var program = CallProgram()
    for lane in lanes {
      program.lanes.append(
        lane.map { call in
          subject.kinds.append(
            CallKind(
              "call", onlyThread: nil, clear: {}, draw: { _ in }, run: { _ in call() },
              agrees: { _ in true }, text: { _ in "call" }, answer: { _ in "" }))
          return DrawnCall(operation: subject.kinds.count - 1)
        })
    }
    run = StageRun(subject, threads: lanes.count, carrier: .fastest)
    try run.prepare(program)
  }

  /// Runs the calls in orders that differ, or in all with so many preemptions at most.
  ///
  /// - Parameter ended: Told after each execution which calls had ended before others began, in
  ///   pairs of their numbers, those of the first thread first.
  /// - Returns: How many executions that were.
  package func enumerate(preemptions: Int? = nil, _ ended: (Set<[Int]>) -> Void) -> Int {
    run.conductor.policy = Portfolio(only: .exhaustive, preemptions: preemptions)
    let calls = run.calls.indices
    var executions = 0
    repeat {
      if run.explore(Seed(0)).wasPruned { continue }
      executions += 1
      ended(
        Set(
          calls.flatMap { first in
            calls.filter { run.history.precedes(first, $0) }.map { [first, $0] }
          }))
    } while !run.conductor.policy.isComplete
    return executions
  }
}
