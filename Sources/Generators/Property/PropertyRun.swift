/// One run of a property: the kept cases first, then fresh ones and variations of the best.
struct PropertyRun {
  /// How one case ended. Shrinking compares the failure's `key`: the place, or the type of error.
  enum Outcome {
    case passed
    case discarded(String)
    case failed(key: String, text: String)
  }

  let property: Property
  let settings: PropertySettings
  let seed: Seed
  let body: (inout Trial) throws -> Void

  private var report: PropertyReport
  private var trial: Trial
  private var labels: [String: Int] = [:]
  private var milestones: [String: Int] = [:]
  private var discards: [String: Int] = [:]
  private var best: (score: Int, sequence: ChoiceSequence)?

  /// When the time is up, for drawing, shrinking and everything after.
  private let end: ContinuousClock.Instant?

  init(
    property: Property, settings: PropertySettings, body: @escaping (inout Trial) throws -> Void
  ) {
    self.property = property
    self.settings = settings
    self.body = body
    seed = settings.seed ?? Seed(stableHash(property.name))
    end = settings.time.map { ContinuousClock.now.advanced(by: $0) }
    report = PropertyReport(name: property.name, seed: seed)
    trial = Trial(source: ChoiceSource(seed: seed, limit: property.shrinker.limits.choices))
  }

  /// Runs cases that failed in earlier runs; those that pass now are retired.
  mutating func tryKeptCases() throws {
    guard let folder = property.folder else { return }
    for path in folder.files(of: property.name) {
      let file: CaseFile
      do {
        file = try CaseFile(parsing: SystemFiles.read(path))
      } catch {
        throw PropertyError.unreadableCase(path: path, reason: "\(error)")
      }
      guard file.property == property.name else { continue }
      trial.source.reset(aligning: file.choices)
      switch run() {
      case .failed(let key, let text):
        throw counterexample(key: key, text: text, caseNumber: 0, path: path)
      case .passed, .discarded:
        try SystemFiles.remove(path)
        report.retired.append(path)
      }
    }
  }

  private var isTimeUp: Bool { end.map { ContinuousClock.now >= $0 } ?? false }

  mutating func tryFreshCases() throws {
    let wanted = settings.cases ?? (settings.time == nil ? property.cases : Int.max)
    var index: UInt64 = 0
    while report.cases < wanted, !isTimeUp {
      begin(case: index)
      index += 1
      switch run() {
      case .passed:
        note()
      case .discarded(let reason):
        report.discarded += 1
        discards[reason, default: 0] += 1
        let limit = max(report.cases, min(wanted, property.cases)) * Property.discardsPerCase
        if report.discarded > limit { throw gaveUp() }
      case .failed(let key, let text):
        throw counterexample(key: key, text: text, caseNumber: report.cases + 1, path: nil)
      }
    }
  }

  /// Draws afresh; or, in every other case once there is a score to beat, varies the best so far.
  private mutating func begin(case index: UInt64) {
    guard let best, index % 2 == 1 else {
      trial.source.reset(seed: seed.derived(index))
      return
    }
    var random = SplitMix64(seed.derived(index))
    var varied = best.sequence
    for _ in 0...random.next(below: 3) where !varied.isEmpty {
      let at = Int(random.next(below: UInt64(varied.count)))
      let maximum = varied.choices[at].maximum
      let value = varied.choices[at].value
      switch random.next(below: 3) {
      case 0: varied.choices[at].value = random.next(upTo: maximum)
      case 1: varied.choices[at].value = value < maximum ? value + 1 : 0
      default: varied.choices[at].value = value > 0 ? value - 1 : maximum
      }
    }
    trial.source.reset(aligning: varied)
  }

  /// Runs the case that the source is set to.
  private mutating func run() -> Outcome {
    trial.reset()
    return Self.outcome(of: &trial, body)
  }

  private static let tooMany = "more choices than the limit"

  private static func outcome(
    of trial: inout Trial, _ body: (inout Trial) throws -> Void
  ) -> Outcome {
    do {
      try body(&trial)
      return trial.source.isOverrun ? .discarded(tooMany) : .passed
    } catch  where trial.source.isOverrun {
      return .discarded(tooMany)
    } catch let error as GaveUp {
      return .discarded(error.description)
    } catch let error as CaseDiscarded {
      return .discarded(error.description)
    } catch let error as ExpectationFailed {
      return .failed(key: "\(error.file):\(error.line)", text: error.description)
    } catch {
      return .failed(key: String(reflecting: type(of: error)), text: "threw \(error)")
    }
  }

  private mutating func note() {
    report.cases += 1
    for label in trial.labels { labels[label, default: 0] += 1 }
    for milestone in trial.milestones {
      milestones[milestone.name, default: 0] += milestone.happened ? 1 : 0
    }
    if let score = trial.score, score > (best?.score ?? Int.min) {
      best = (score, trial.source.choices)
    }
  }

  private func tallies(_ counts: [String: Int]) -> [PropertyReport.Tally] {
    counts.map { PropertyReport.Tally(name: $0.key, count: $0.value) }
      .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
  }

  private func gaveUp() -> PropertyError {
    PropertyError.gaveUp(
      property: property.name, cases: report.cases, discarded: report.discarded,
      reasons: Array(tallies(discards).prefix(5)))
  }

  mutating func finish() throws -> PropertyReport {
    report.labels = tallies(labels)
    report.milestones = tallies(milestones).sorted { $0.name < $1.name }
    report.best = best?.score
    let missed = report.milestones.filter { $0.count == 0 }.map(\.name)
    if !missed.isEmpty, report.cases >= Property.milestoneCases {
      throw PropertyError.never(
        property: property.name, milestones: missed, cases: report.cases)
    }
    return report
  }

  // MARK: - After a failure

  private func counterexample(
    key: String, text: String, caseNumber: Int, path: String?
  ) -> Counterexample {
    let failing = trial.source.choices
    let result = property.shrinker.shrink(
      failing, shouldStop: { isTimeUp }, test: { source in failureKey(&source) })
    var reported = Trial(
      source: ChoiceSource(replaying: result.minimal, limit: property.shrinker.limits.choices),
      isReported: true)
    var failure = text
    if case .failed(_, let text) = Self.outcome(of: &reported, body) { failure = text }
    if result.failure == nil { failure += " (but not when it was run again)" }
    let explanation = Explanation(sequence: result.minimal, names: reported.drawNames) { varied in
      guard !isTimeUp else { return false }
      var trial = Trial(
        source: ChoiceSource(aligning: varied, limit: property.shrinker.limits.choices))
      switch Self.outcome(of: &trial, body) {
      case .failed(let other, _): return other == key
      case .passed: return false
      case .discarded: return nil
      }
    }
    let values = reported.draws.map { Counterexample.Value(name: $0.name, text: $0.text) }
    return Counterexample(
      property: property.name, failure: failure, values: values,
      explanation: result.failure == nil ? [] : explanation.freeParts(), minimal: result.minimal,
      statistics: result.statistics, originalCount: failing.count, seed: seed,
      caseNumber: caseNumber, place: property.place,
      kept: keep(result.minimal, key: key, failure: failure, values: values, path: path))
  }

  private func failureKey(_ source: inout ChoiceSource) -> String? {
    // Swapped, not copied, so that there is one owner and the buffers are reused.
    var trial = Trial(source: ChoiceSource(seed: seed))
    swap(&trial.source, &source)
    let outcome = Self.outcome(of: &trial, body)
    swap(&trial.source, &source)
    guard case .failed(let key, _) = outcome else { return nil }
    return key
  }

  private func keep(
    _ minimal: ChoiceSequence, key: String, failure: String, values: [Counterexample.Value],
    path: String?
  ) -> String {
    guard let folder = property.folder else { return "nowhere, as the property asks" }
    let comments = values.map { "\($0.name) = \($0.text)" } + [failure]
    let file = CaseFile(property: property.name, choices: minimal, comments: comments)
    do {
      if let path {
        try SystemFiles.write(file.text, to: path)
        return path
      }
      return try folder.keep(file, failure: key)
    } catch {
      return "nowhere: \(error)"
    }
  }
}
