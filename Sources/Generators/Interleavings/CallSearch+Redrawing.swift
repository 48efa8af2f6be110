/// Smaller cases than those that leaving calls out leads to.
extension CallSearch {
  /// Programs that are drawn, and orders in which each is run: with one preemption, and drawn.
  private static let freshPrograms = 400
  private static let simpleOrders = 64
  private static let drawnOrders = 24

  /// Looks whether the failure comes about with fewer switches if a call is made elsewhere.
  mutating func moveCalls() {
    var number = 0
    while !shouldStop() {
      let moves = best.program.moves(run.subject.kinds)
      guard number < moves.count else { return }
      let isFound = (0...1).contains {
        search(moves[number], Portfolio(only: .exhaustive, preemptions: $0))
      }
      number = isFound ? 0 : number + 1
    }
  }

  /// Draws programs of one call less: other calls may fail in the same way, and be fewer.
  mutating func drawSmaller() {
    let count = best.program.count - 1
    guard count > 1 else { return }
    let limits = CallLimits(threads: best.program.lanes.count)
    var draft = CallDraft(run.subject.kinds, limits, setting: nil)
    var source = ChoiceSource(seed: Seed(0))
    var known = Set<CallProgram>()
    for number in 0..<Self.freshPrograms where !shouldStop() {
      source.reset(seed: Seed(0).derived(UInt64(number)))
      guard let program = try? draft.draw(count, like: best.program, from: &source) else { return }
      guard known.insert(program).inserted else { continue }
      let simple = Portfolio(only: .exhaustive, preemptions: 1)
      if search(program, simple, limit: Self.simpleOrders) { return }
      if search(program, Portfolio(exhaustiveLimit: 0), limit: Self.drawnOrders) { return }
    }
  }
}

extension CallDraft {
  /// Draws a program of so many calls, with the threads and the setting of another.
  mutating func draw(
    _ count: Int, like other: CallProgram, from source: inout ChoiceSource
  ) throws -> CallProgram {
    var program = other
    program.initial = []
    program.lanes = other.lanes.map { _ in [] }
    let threads = (1...other.lanes.count).filter { !operations[$0].isEmpty }
    let most = UInt64(min(other.initial.count, count))
    for _ in 0..<Int(source.choose(upTo: most)) {
      program.initial.append(try call(of: 0, from: &source))
    }
    for _ in program.initial.count..<count {
      let thread = threads[Int(source.choose(below: UInt64(threads.count)))]
      program.lanes[thread - 1].append(try call(of: thread, from: &source))
    }
    return program
  }
}

extension CallProgram {
  /// The programs in which one call is made by another thread that may.
  fileprivate func moves(_ kinds: [CallKind]) -> [CallProgram] {
    var programs: [CallProgram] = []
    let areNamed = kinds.contains { $0.onlyThread != nil }
    for (lane, calls) in lanes.enumerated() {
      for (number, call) in calls.enumerated() {
        let thread = kinds[call.operation].onlyThread
        for other in lanes.indices where other != lane && (thread ?? other + 1) == other + 1 {
          for place in 0...lanes[other].count {
            var program = self
            program.lanes[lane].remove(at: number)
            program.lanes[other].insert(call, at: place)
            // A thread without calls begins and ends all the same, which takes a switch.
            let isIdle = program.lanes[lane].isEmpty
            if isIdle, !areNamed || lane == lanes.count - 1 { program.lanes.remove(at: lane) }
            programs.append(program)
          }
        }
      }
    }
    return programs
  }
}
