extension ProgramSearch {
  /// The two steps whose order is to blame; nil if no two are.
  func guiltyPair() -> GuiltyPair? {
    let origins = origins()
    return GuiltyPair.find(
      in: best.trace, isMended: { isMended($0, upTo: $1) }, step: { step($0, origins) })
  }

  private func step(_ index: Int, _ origins: [SwitchPoint?]) -> GuiltyPair.Step {
    let program = best.program
    let step = best.trace.steps[index]
    let isWorker = step.cpu == program.settings.cpus
    let point = index < origins.count ? origins[index] : nil
    let lane = isWorker ? [] : program.lane(of: step.cpu)
    let command =
      if lane.indices.contains(step.command) {
        "\(lane[step.command])" as String?
      } else if step.command < 0 {
        lane.first.map { "\($0)" }
      } else {
        isWorker ? nil : "teardown"
      }
    let lexicon = AllocatorLexicon(cpus: program.settings.cpus)
    return GuiltyPair.Step(
      actor: step.cpu, name: lexicon.actor(step.cpu),
      phrase: point.map(lexicon.phrase(goingOnFrom:)) ?? "begins", command: command)
  }
}
