/// What a program runs under.
enum CallGuide {
  case schedule(Schedule)
  case script(Script, ScriptFit)
}

extension StageRun {
  /// Runs a program under a guide, as far as that fits; nil if it does not fail.
  func failure(_ program: CallProgram, _ guide: CallGuide) -> CallCase? {
    guard (try? prepare(program)) != nil else { return nil }
    return tracedFailure(guide)
  }

  /// Runs the program that is ready.
  func tracedFailure(_ guide: CallGuide) -> CallCase? {
    conductor.isTracing = true
    defer { conductor.isTracing = false }
    guard let finding = replay(guide).finding else { return nil }
    return CallCase(program: program, trace: conductor.trace.steps, finding: finding)
  }

  /// Runs the program that is ready.
  func replay(_ guide: CallGuide) -> StageOutcome {
    let policy = conductor.policy
    defer {
      conductor.policy = policy
      conductor.guidance = .policy
    }
    switch guide {
    case .schedule(let schedule):
      conductor.guidance = .policy
      conductor.policy = Portfolio(only: .replay, replaying: schedule)
    case .script(let script, let fit):
      conductor.guidance = .script
      conductor.reader = ScriptReader(script, texts: texts + [[]], fit)
    }
    return execute()
  }

  /// Runs the program that is ready under the policy, with a seed.
  func explore(_ seed: Seed) -> StageOutcome {
    renewPlan()
    return exploreAsPlanned(seed)
  }

  private func exploreAsPlanned(_ seed: Seed) -> StageOutcome {
    conductor.guidance = .policy
    conductor.policySeed = seed
    return execute()
  }

  /// Runs the last execution of `explore` once more, and says what it did; nil if it does not fail
  /// again.
  func again(_ seed: Seed) -> CallCase? {
    conductor.isTracing = true
    defer { conductor.isTracing = false }
    conductor.policy.exhaustive.isReplaying = conductor.policy.policy == .exhaustive
    defer { conductor.policy.exhaustive.isReplaying = false }
    guard let finding = exploreAsPlanned(seed).finding else { return nil }
    return CallCase(program: program, trace: conductor.trace.steps, finding: finding)
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
    let before = conductor.policy
    defer { conductor.policy = before }
    conductor.policy = policy
    conductor.isTracing = true
    defer { conductor.isTracing = false }
    for number in 0..<limit {
      let outcome = explore(Seed(0).derived(UInt64(number)))
      counting(1)
      if let finding = outcome.finding {
        let found = CallCase(
          program: self.program, trace: conductor.trace.steps, finding: finding)
        if !onFailure(found) { return }
      }
      if outcome.hasTriedAll { return }
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
