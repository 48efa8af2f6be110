extension StageRun {
  /// Runs a program under a guide, as far as that fits; nil if it does not fail.
  func failure(_ program: CallProgram, _ guide: Guide) -> CallCase? {
    guard (try? prepare(program)) != nil else { return nil }
    return failure(guide)
  }

  /// Runs the program that is ready under a guide; nil if it does not fail.
  func failure(_ guide: Guide) -> CallCase? { CallCase(program, tracing { run(guide) }) }

  /// Runs the program that is ready under the policy, with a seed.
  func explore(_ seed: Seed) -> Execution {
    renewPlan()
    return run(.policy(seed))
  }

  /// Runs a program under many orders, and hands on what fails.
  ///
  /// - Parameter onFailure: Whether to go on.
  /// - Parameter counting: Told how many executions that took.
  func explore(
    _ program: CallProgram, _ policy: Portfolio, limit: Int,
    _ onFailure: (CallCase) -> Bool, counting: (Int) -> Void
  ) {
    guard (try? prepare(program)) != nil else { return }
    let before = self.policy
    defer { self.policy = before }
    self.policy = policy
    for number in 0..<limit {
      let execution = tracing { explore(Seed(0).derived(UInt64(number))) }
      counting(1)
      if let found = CallCase(self.program, execution), !onFailure(found) { return }
      if execution.hasTriedAll { return }
    }
  }
}

extension CallProgram {
  /// All calls, those of the initial part first.
  var calls: [DrawnCall] { initial + lanes.flatMap { $0 } }

  /// How many choices there are, those of the setting first.
  var choiceCount: Int { calls.reduce(setting.count) { $0 + $1.choices.count } }

  /// A choice by its place.
  func choice(_ place: Int) -> UInt64 {
    if place < setting.count { return setting[place] }
    var rest = place - setting.count
    for call in calls {
      if rest < call.choices.count { return call.choices[rest] }
      rest -= call.choices.count
    }
    return 0
  }

  /// The program with another choice at a place.
  func setting(_ place: Int, to value: UInt64) -> CallProgram {
    var program = self
    if place < setting.count {
      program.setting[place] = value
      return program
    }
    var rest = place - setting.count
    func lower(_ call: inout DrawnCall) -> Bool {
      if rest < call.choices.count {
        call.choices[rest] = value
        return true
      }
      rest -= call.choices.count
      return false
    }
    for index in program.initial.indices where lower(&program.initial[index]) { return program }
    for lane in program.lanes.indices {
      for index in program.lanes[lane].indices where lower(&program.lanes[lane][index]) {
        return program
      }
    }
    return program
  }

  /// The program without one of its calls.
  func removing(_ position: Int) -> CallProgram {
    var program = self
    if position < initial.count {
      program.initial.remove(at: position)
      return program
    }
    var rest = position - initial.count
    for lane in lanes.indices {
      if rest < lanes[lane].count {
        program.lanes[lane].remove(at: rest)
        return program
      }
      rest -= lanes[lane].count
    }
    return program
  }
}
