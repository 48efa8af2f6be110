/// A call as it was drawn: which operation, and the choices that its input is drawn from.
struct DrawnCall: Hashable, Sendable {
  let operation: Int
  var choices: [UInt64] = []
}

/// What threads call: first some calls in order, then those of each thread.
struct CallProgram: Hashable, Sendable {
  /// The choices that the setting is drawn from.
  var setting: [UInt64] = []
  /// Calls that run before the threads start.
  var initial: [DrawnCall] = []
  /// By thread.
  var lanes: [[DrawnCall]] = []

  /// How many calls there are.
  var count: Int { lanes.reduce(initial.count) { $0 + $1.count } }

  /// The program with these calls only; the last entry says those of the initial part.
  func keeping(_ numbers: [[Int]]) -> CallProgram {
    var program = self
    program.lanes = zip(lanes, numbers).map { lane, kept in kept.map { lane[$0] } }
    program.initial = (numbers.last ?? []).map { initial[$0] }
    return program
  }

  /// The numbers of all calls, as `keeping` takes them: by thread, of the one that runs timers, and
  /// of the initial part.
  var numbers: [[Int]] { lanes.map { Array($0.indices) } + [[], Array(initial.indices)] }
}

/// The size of a program, for whoever draws some.
struct CallLimits: Sendable {
  var threads = 2
  var operations = 3
  var initial = 0
}

/// Draws programs.
struct CallDraft {
  let kinds: [CallKind]
  let limits: CallLimits
  let setting: ((inout ChoiceSource) throws -> Void)?
  /// The operations that a thread may call; thread 0 is the initial part, which may call all.
  let operations: [[Int]]
  /// What inputs are drawn from, so that editing one call moves no other.
  private var own = ChoiceSource(seed: Seed(0))

  /// - Parameter setting: draws a setting, if there is one.
  init(
    _ kinds: [CallKind], _ limits: CallLimits,
    setting: ((inout ChoiceSource) throws -> Void)?
  ) {
    self.kinds = kinds
    self.limits = limits
    self.setting = setting
    operations = (0...limits.threads).map { thread in
      kinds.indices.filter { number in
        thread == 0 || kinds[number].onlyThread.map { $0 == thread } ?? true
      }
    }
  }

  /// Draws a program: at each place any call that its thread may make, and most often as many as
  /// there may be, since small ones are what shrinking is for. Afterwards its inputs are in
  /// the slots.
  ///
  /// - Throws: `GaveUp` if a generator does.
  mutating func draw(from source: inout ChoiceSource) throws -> CallProgram {
    for kind in kinds { kind.clear() }
    var program = CallProgram()
    if let setting {
      own.reset(seed: Seed(source.choose(upTo: .max)))
      try setting(&own)
      program.setting = own.choices.values
    }
    if limits.initial > 0 {
      for _ in 0..<source.choose(0...limits.initial) {
        program.initial.append(try call(of: 0, from: &source))
      }
    }
    let isFull = source.chance(3, in: 4)
    for thread in 1...limits.threads {
      let count = isFull ? limits.operations : source.choose(1...limits.operations)
      var lane: [DrawnCall] = []
      if !operations[thread].isEmpty {
        for _ in 0..<count { lane.append(try call(of: thread, from: &source)) }
      }
      program.lanes.append(lane)
    }
    return program
  }

  mutating func call(
    of thread: Int, from source: inout ChoiceSource
  ) throws -> DrawnCall {
    let place = Int(source.choose(below: UInt64(operations[thread].count)))
    let operation = operations[thread][place]
    own.reset(seed: Seed(source.choose(upTo: .max)))
    try kinds[operation].draw(&own)
    return DrawnCall(operation: operation, choices: own.values)
  }
}
