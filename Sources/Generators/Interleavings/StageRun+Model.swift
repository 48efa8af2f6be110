/// Calls that the model is asked for in an order, and how far it answered as the system did.
struct ModelQuestion {
  var order: [Int] = []
  /// What the calls of the initial part are asked for as well; nil for all.
  var part: AnyHashable?
  /// What is called at the end, and may have to wait.
  var last: Int?
  /// How many calls agreed, from the first on.
  var agreed = 0
  /// The state that the model is left in, if states can be compared.
  var state: AnyHashable?
}

/// Whether a model explains what the system answered.
extension StageRun {
  /// Asks what `question` holds; alone on the stage.
  func callModel() {
    subject.makeModel()
    for call in initial where question.part == nil || call.part == question.part {
      if !call.kind.agrees(call.slot), subject.judges { return }
    }
    for number in question.order {
      let call = calls[number]
      guard call.kind.agrees(call.slot) || !subject.judges else { return }
      question.agreed += 1
    }
    question.state = subject.modelState()
    if let last = question.last { _ = calls[last].kind.agrees(calls[last].slot) }
  }

  /// How many calls of an order the model answers as the system did, from the first on.
  private func longestAgreement(_ order: [Int], _ part: AnyHashable?) -> Int {
    question = ModelQuestion(order: order, part: part)
    runAlone(.order)
    return question.agreed
  }

  /// Whether the model answers an order as the system did, and then has a call wait as well.
  private func hasWait(_ order: [Int], _ waiting: Int, _ part: AnyHashable?) -> Bool {
    question = ModelQuestion(order: order, part: part, last: waiting)
    runAlone(.order)
    return question.agreed == order.count && wasCutShort
  }

  /// Whether some order of the calls, in which none comes before one that ended before it began,
  /// has the model answer as the system did; those of each part on their own.
  func judgeOrder(_ ended: [Int]) {
    for (key, part) in parts(of: ended) {
      if longestAgreement(part, key) == part.count { continue }
      var search = OrderSearch(part, history, limit: subject.orderLimit)
      switch search.run(asking: { ask($0, key) }) {
      case .found: break
      case .gaveUp: isUndecided = true
      case .none:
        state.note(Finding(law: StageLaw.linearisable, evidence: evidence(key)))
        return
      }
    }
  }

  private func ask(_ order: [Int], _ key: AnyHashable?) -> OrderSearch.Answer {
    let agrees = longestAgreement(order, key) == order.count
    return OrderSearch.Answer(agrees: agrees, state: question.state)
  }

  /// Whether threads that all wait for something other than a lock may: in some order of what came
  /// to its end each of their calls would have the model wait as well.
  func mayWait() -> Bool {
    guard conductor.wasGivenUp, conductor.steps <= conductor.stepLimit,
      conductor.locks.firstTaken == nil, conductor.restingPlaces.allSatisfy(names.isSignalled)
    else { return false }
    let ended = Set(history.ended)
    let waiting = calls.map(\.number).filter { history.hasBegun($0) && !history.hasEnded($0) }
    for (key, part) in parts(of: history.ended + waiting) {
      let order = part.filter(ended.contains)
      var search = OrderSearch(order, history, limit: subject.orderLimit)
      let result = search.run(asking: { prefix in
        var answer = ask(prefix, key)
        if answer.agrees, prefix.count == order.count {
          answer.agrees = part.allSatisfy { ended.contains($0) || hasWait(prefix, $0, key) }
        }
        return answer
      })
      if result == .gaveUp { isUndecided = true }
      if result == .none { return false }
    }
    return true
  }

  /// Calls that no other part's can matter to, together; one part if the system has no parts.
  private func parts(of numbers: [Int]) -> [(key: AnyHashable?, numbers: [Int])] {
    guard !subject.kinds.isEmpty, subject.kinds.allSatisfy({ $0.part != nil }) else {
      return [(nil, numbers)]
    }
    var parts: [(key: AnyHashable?, numbers: [Int])] = []
    for number in numbers {
      let key = calls[number].part
      if let place = parts.firstIndex(where: { $0.key == key }) {
        parts[place].numbers.append(number)
      } else {
        parts.append((key, [number]))
      }
    }
    return parts
  }

  private func evidence(_ key: AnyHashable?) -> String {
    let answers = lanes.joined().filter { key == nil || $0.part == key }.map { call in
      let answer = call.kind.answer(call.slot)
      return answer.isEmpty ? call.text : "\(call.text) → \(answer)"
    }
    return "no order of the calls explains " + answers.joined(separator: ", ")
  }
}
