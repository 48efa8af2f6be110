import Generators
import Testing

@Suite struct `The shrinker` {
  /// Commands in spans, behind four choices of configuration; `judge` sees (kind, size) of each.
  private func program(
    _ source: inout ChoiceSource, judge: ([(kind: Int, size: Int)]) -> String?
  ) -> String? {
    for _ in 0..<4 { _ = source.choose(0...1000) }
    var commands: [(kind: Int, size: Int)] = []
    while commands.count < 2000 {
      let command = source.span("command") { source -> (kind: Int, size: Int)? in
        guard source.chance(400, in: 401) else { return nil }
        let kind = source.choose(0...9)
        // One kind has no size: lowering another to it changes the number of choices.
        return (kind, kind == 3 ? 0 : source.choose(0...100))
      }
      guard let command else { break }
      commands.append(command)
    }
    return judge(commands)
  }

  private func shrink(
    seed: UInt64, judge: @escaping ([(kind: Int, size: Int)]) -> String?
  ) -> ShrinkResult<String> {
    var seed = Seed(seed)
    var source = ChoiceSource(seed: seed)
    while program(&source, judge: judge) == nil {
      seed = seed.derived(1)
      source.reset(seed: seed)
    }
    return Shrinker().shrink(source.choices) { program(&$0, judge: judge) }
  }

  @Test(arguments: 0..<10)
  func `leaves two commands of hundreds, and no configuration`(seed: UInt64) {
    let result = shrink(seed: seed) { commands in
      let sum = commands.reduce(0) { $0 + $1.size }
      return commands.count { $0.kind == 7 } >= 2 && sum >= 50 ? "seven twice" : nil
    }
    #expect(result.minimal.values == [0, 0, 0, 0, 1, 7, 0, 1, 7, 50, 0])
    #expect(result.statistics.isComplete)
    #expect(result.statistics.evaluations < 400)
  }

  @Test(arguments: 0..<10)
  func `deletes commands that can only go in pairs`(seed: UInt64) {
    // As many of kind 4 as of kind 5, as if the one undid the other, and one of kind 6 among them.
    let result = shrink(seed: seed) { commands in
      let (fours, fives) = (commands.count { $0.kind == 4 }, commands.count { $0.kind == 5 })
      return fours == fives && fours > 0 && commands.contains { $0.kind == 6 } ? "balanced" : nil
    }
    #expect(result.minimal.values == [0, 0, 0, 0, 1, 4, 0, 1, 5, 0, 1, 6, 0, 0])
  }

  @Test(arguments: 0..<10)
  func `turns a command into a weaker one of another length`(seed: UInt64) {
    let result = shrink(seed: seed) { commands in
      commands.count >= 3 && (commands.first?.kind ?? 0) >= 3 && commands.last?.kind == 9
        ? "long" : nil
    }
    #expect(result.minimal.values == [0, 0, 0, 0, 1, 3, 1, 0, 0, 1, 9, 0, 0])
  }

  @Test(arguments: 0..<5)
  func `keeps to the failure it was given, and sets others aside`(seed: UInt64) {
    let result = shrink(seed: seed) { commands in
      if commands.contains(where: { $0.kind == 2 && $0.size > 10 }) { return "large" }
      return commands.isEmpty ? "empty" : nil
    }
    #expect(result.failure == "large")
    #expect(result.minimal.values == [0, 0, 0, 0, 1, 2, 11, 0])
    #expect(result.others.map(\.failure) == ["empty"])
  }

  /// Allocations and frees of the k-th most recent; a free of what does not exist does nothing.
  @Test(arguments: 0..<10)
  func `lowers a handle when it deletes what the handle counts past`(seed: UInt64) {
    func test(_ source: inout ChoiceSource) -> String? {
      var live: [Int] = []
      while source.choose(upTo: 1, fresh: { $0.next(below: 200) > 0 ? 1 : 0 }) == 1 {
        source.openSpan("command")
        defer { source.closeSpan() }
        if source.choose(below: 2) == 0 {
          live.append(source.choose(0...6))
        } else {
          let handle = source.choose(0...31)
          guard handle < live.count else { continue }
          let freed = live.remove(at: live.count - 1 - handle)
          if freed == 5, live.last == 3 { return "freed under a three" }
        }
      }
      return nil
    }
    var seed = Seed(seed)
    var source = ChoiceSource(seed: seed)
    while test(&source) == nil {
      seed = seed.derived(1)
      source.reset(seed: seed)
    }
    let result = Shrinker().shrink(source.choices, test: test)
    // Allocate a three, allocate a five, free the most recent.
    #expect(result.minimal.values == [1, 0, 3, 1, 0, 5, 1, 1, 0])
  }

  @Test func `says so if the failure does not recur`() {
    let result = Shrinker().shrink(ChoiceSequence(values: [1])) { source -> String? in
      source.choose(below: 2) == 1 ? nil : "zero"
    }
    #expect(result.failure == nil)
    #expect(result.statistics.evaluations == 0)
  }

  @Test func `stops at its limit with the best so far`() {
    let limits = Shrinker.Limits(evaluations: 5)
    let result = Shrinker(limits).shrink(ChoiceSequence(values: [900, 900, 900])) { source in
      let sum = (0..<3).reduce(0) { sum, _ in sum + source.choose(0...1000) }
      return sum > 500 ? "large" : nil
    }
    #expect(result.statistics.evaluations == 5)
    #expect(!result.statistics.isComplete)
    #expect(result.minimal.values.reduce(0, +) < 2700)
  }

  @Test func `runs no candidate twice`() {
    var seen: Set<[UInt64]> = []
    var runs = 0
    let result = Shrinker().shrink(ChoiceSequence(values: [77, 12, 900, 3, 12])) { source in
      let values = (0..<5).map { _ in source.choose(0...1000) }
      runs += 1
      seen.insert(source.choices.values)
      return values[0] + values[2] > 500 && values[1] == values[4] ? "pair" : nil
    }
    #expect(result.minimal.values == [0, 0, 501, 0, 0])
    #expect(runs - seen.count <= 1, "only the first replay repeats what is known")
  }

  /// A test that draws by rules of its own, different for each seed, and fails for no good reason.
  private func erratic(_ rules: Seed, _ source: inout ChoiceSource) -> String? {
    let labels: [SpanLabel] = ["item", "list", "tree"]
    var state = rules.value
    func draw(depth: Int, _ source: inout ChoiceSource) {
      source.openSpan(labels[Int(state % 3)])
      defer { source.closeSpan() }
      var count = 0
      while count < 6, source.choose(below: 3) > 0 {
        let bound = [2, 10, 1000, UInt64.max][Int(state % 4)]
        state = (state ^ source.choose(upTo: bound)) &* 0x9E37_79B9_7F4A_7C15
        if depth < 3, state >> 60 > 8 { draw(depth: depth + 1, &source) }
        if state >> 56 & 7 == 0 { source.force(1, upTo: 1) }
        count += 1
      }
    }
    for _ in 0..<4 { draw(depth: 0, &source) }
    return state >> 40 & 7 < 3 ? "kind \(state >> 32 & 1)" : nil
  }

  @Test(arguments: 0..<4)
  func `ends with a case that fails and is no less simple, whatever the test does`(part: UInt64) {
    for seed in (part * 100)..<(part * 100 + 100) {
      let rules = Seed(seed)
      var source = ChoiceSource(seed: rules)
      var wanted = erratic(rules, &source)
      for index in 0..<1000 as Range<UInt64> where wanted == nil {
        source.reset(seed: rules.derived(index))
        wanted = erratic(rules, &source)
      }
      let failing = source.choices
      let limits = Shrinker.Limits(evaluations: 2000, choices: 500)
      let result = Shrinker(limits).shrink(failing) { erratic(rules, &$0) }
      #expect(result.failure == wanted)
      #expect(!failing.isSimpler(than: result.minimal))
      var again = ChoiceSource(replaying: result.minimal)
      #expect(erratic(rules, &again) == wanted)
      #expect(again.choices == result.minimal)
      let second = Shrinker(limits).shrink(failing) { erratic(rules, &$0) }
      #expect(second.minimal == result.minimal && second.statistics == result.statistics)
    }
  }
}
