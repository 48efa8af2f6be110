import IOVA

/// Actors that wait for each other, or that never end.
extension Conductor {
  /// The name of an actor, as it is printed.
  private func name(_ actor: Int) -> String {
    cpus & (1 << UInt64(actor)) != 0 ? "\(CPU(actor))" : "worker"
  }

  /// Says who waits for whom; from then on nobody waits any more, so that the execution ends.
  func noteDeadlock() {
    guard deadlock == nil else { return }
    let waits = actors(in: active).map { actor in
      if let (lock, owner) = locks.wait(of: actor) {
        return "\(name(actor)) waits for \(lock), which \(owner.map(name) ?? "nobody") holds"
      }
      let isCPU = cpus & (1 << UInt64(actor)) != 0
      return "\(name(actor)) waits for \(isCPU ? "all others to end" : "a timer to be due")"
    }
    end(waits.joined(separator: "; "))
    if isPolicyAsked {
      policy.deadlocked(pending: Span(_unsafeStart: pending, count: plan.cpus))
    }
  }

  /// Says who does not come to an end, and where one of them stands.
  func noteEndlessness(_ actor: Int, _ point: SwitchPoint) {
    let names = actors(in: active & cpus).map(name).joined(separator: ", ")
    end("no end after \(Self.stepLimit) steps of \(names): \(name(actor)) \(point.phrase) again")
  }

  private func end(_ evidence: String) {
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
