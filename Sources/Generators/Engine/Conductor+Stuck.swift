/// Actors that wait for each other, or that never end.
extension Conductor {
  /// The name of an actor, as it is printed.
  private func name(_ actor: Int) -> String { lexicon.actor(actor) }

  /// Says who waits for whom; from then on nobody waits any more, so that the execution ends.
  func noteDeadlock() {
    guard deadlock == nil else { return }
    let waits = actors(in: active).compactMap { actor -> String? in
      if let lock = locks.wanted(by: actor) {
        let owner = locks.owner(lock).map(name) ?? "nobody"
        return "\(name(actor)) waits for \(lexicon.name(.lock(lock))), which \(owner) holds"
      }
      if resting[actor] >= 0 {
        return "\(name(actor)) waits for \(lexicon.name(.other(resting[actor])))"
      }
      let isCPU = cpus & (1 << UInt64(actor)) != 0
      if !isCPU, givesUp { return nil }
      return "\(name(actor)) waits for \(isCPU ? "all others to end" : "a timer to be due")"
    }
    end(waits.joined(separator: "; "))
    if isPolicyAsked, !isPruned {
      policy.deadlocked(pending: Span(_unsafeElements: pending.first(plan.cpus)))
    }
  }

  /// Says who does not come to an end, and where one of them stands.
  func noteEndlessness(_ actor: Int, _ point: SwitchPoint) {
    let names = actors(in: active & cpus).map(name).joined(separator: ", ")
    end(
      "no end after \(stepLimit) steps of \(names): \(name(actor)) \(lexicon.phrase(point)) again")
  }

  private func end(_ evidence: String) {
    // The step that led there is told of here, since no other follows it.
    if isPolicyAsked, !isPruned { policy.ran(stepTaken) }
    deadlock = evidence
    isPlain = false
    report?(.isStuck)
    blocked = 0
  }

  private func actors(in bits: UInt64) -> [Int] {
    (0..<plan.cpus).filter { bits & (1 << UInt64($0)) != 0 }
  }

  /// Whoever runs when a law is first seen broken broke it.
  func noteBreach(_ actor: Int, _ point: SwitchPoint?) {
    if breach == nil, isBroken {
      breach = Breach(actor: actor, command: commands[actor], point: point)
    }
  }
}
