extension Generator {
  /// Always the same value; draws nothing.
  ///
  /// ```swift
  /// let absent = Generator<Int?>.just(nil)
  /// ```
  public static func just(_ value: Value) -> Generator where Value: Sendable {
    Generator { _ in value }
  }

  /// The elements of a collection, equally often; shrinks to the first.
  ///
  /// ```swift
  /// let primary = Generator.element(of: ["red", "green", "blue"])
  /// ```
  public static func element(of elements: [Value]) -> Generator where Value: Sendable {
    precondition(!elements.isEmpty, "there is no element to choose from")
    return Generator { source in
      elements[Int(source.choose(below: UInt64(elements.count)))]
    }
  }

  /// One of several generators, equally often; shrinks to the first, so put the simplest there.
  ///
  /// ```swift
  /// let number = Generator<Int>.oneOf([.just(0), .integers(in: 1...9), .any])
  /// ```
  public static func oneOf(_ generators: [Generator]) -> Generator {
    weighted(generators.map { (1, $0) })
  }

  /// One of several generators, each as often as its weight says; shrinks to the first.
  ///
  /// ```swift
  /// let code = Generator<Int>.weighted([(9, .just(200)), (1, .integers(in: 400...599))])
  /// ```
  public static func weighted(_ generators: [(weight: UInt64, generator: Generator)]) -> Generator {
    let total = generators.reduce(into: UInt64(0)) { $0 += $1.weight }
    precondition(total > 0, "at least one generator needs a weight above 0")
    let chosen = generators.filter { $0.weight > 0 }
    return Generator { source in
      source.openSpan("choice")
      defer { source.closeSpan() }
      // The index is recorded, not the point on the wheel, so changing a weight keeps old cases
      // valid.
      let index = source.choose(upTo: UInt64(chosen.count - 1)) { random in
        var point = random.next(below: total)
        for (index, entry) in chosen.enumerated() {
          if point < entry.weight { return UInt64(index) }
          point -= entry.weight
        }
        return 0
      }
      return try chosen[Int(index)].generator.draw(from: &source)
    }
  }

  /// Values that contain values of the same kind, at most `depth` deep; shrinks to the leaves.
  ///
  /// `branch` receives the generator of the parts. Each value is drawn towards a number of nodes,
  /// including leaves, where all magnitudes up to a thousand are equally likely: so there are
  /// values of all sizes, however many parts a branch has.
  ///
  /// ```swift
  /// indirect enum Tree: Sendable { case leaf, node(Tree, Tree) }
  /// let tree = Generator<Tree>.recursive(.just(.leaf), depth: 5) { inner in
  ///   Generator { source in try .node(source.draw(inner), source.draw(inner)) }
  /// }
  /// ```
  public static func recursive(
    _ leaf: Generator, depth: Int = 5,
    branch: @escaping @Sendable (Generator) -> Generator
  ) -> Generator {
    precondition(depth >= 0 && depth <= 64, "a depth of \(depth) is not within 0...64")
    // "No branch" is recorded at the bottom too: a leaf there must not look simpler than elsewhere.
    var generator = Generator { source in
      source.openSpan("tree")
      defer { source.closeSpan() }
      source.force(0, upTo: 1)
      source.nodesLeft = source.nodesLeft.map { $0 - 1 }
      return try leaf.draw(from: &source)
    }
    for level in 1..<(depth + 1) {
      let inner = branch(generator)
      generator = Generator { source in
        source.openSpan("tree")
        defer { source.closeSpan() }
        var budget = NodeBudget(around: source.nodesLeft, isOutermost: level == depth)
        let isBranch = source.choose(upTo: 1) { budget.allowsBranch(&$0) ? 1 : 0 } == 1
        source.nodesLeft = budget.inside
        defer { source.nodesLeft = budget.outside(leaving: source.nodesLeft) }
        return try isBranch ? inner.draw(from: &source) : leaf.draw(from: &source)
      }
    }
    return generator
  }

  /// The orders of `elements`, equally often; shrinks to the order given.
  ///
  /// Each element has a number, and the lower one comes first, or the earlier one if they are
  /// equal. So a number of 0 leaves an element where it was given, and each can be lowered
  /// independently.
  ///
  /// ```swift
  /// let deal = Generator.permutations(of: Array(1...52))
  /// ```
  public static func permutations<Element: Sendable>(of elements: [Element]) -> Generator
  where Value == [Element] {
    Generator { source in
      source.openSpan("order")
      defer { source.closeSpan() }
      let mark = source.mark
      var ranks: [UInt64] = []
      let keys = elements.indices.map { index in
        source.choose(upTo: UInt64(elements.count - 1)) { random in
          if ranks.isEmpty { ranks = Self.shuffledRanks(elements.count, &random) }
          return ranks[index]
        }
      }
      let order = elements.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
      source.forget(since: mark)
      source.append(ChoiceSequence(choices: Self.choices(leadingTo: order)))
      return order.map { elements[$0] }
    }
  }

  /// The lowest numbers that lead to an order, so that each order has one record: an element's
  /// number is how often, up to it, an element follows one that was given later.
  private static func choices(leadingTo order: [Int]) -> [Choice] {
    var choices = order.map { _ in Choice(0, upTo: UInt64(order.count - 1)) }
    for (before, element) in zip(order, order.dropFirst()) {
      choices[element].value = choices[before].value + (element < before ? 1 : 0)
    }
    return choices
  }

  /// Drawn together, though recorded one by one: only so are all orders equally likely.
  private static func shuffledRanks(_ count: Int, _ random: inout SplitMix64) -> [UInt64] {
    var ranks = Array(0..<UInt64(count))
    for index in ranks.indices.dropLast() {
      ranks.swapAt(index, index + Int(random.next(below: UInt64(count - index))))
    }
    return ranks
  }

  /// Some of `elements`, in their order; shrinks to none.
  ///
  /// ```swift
  /// let enabled = Generator.subsets(of: ["cache", "flush", "trim"])
  /// ```
  public static func subsets<Element: Sendable>(of elements: [Element]) -> Generator
  where Value == [Element] {
    Generator { source in
      var chosen: [Element] = []
      for element in elements where source.choose(upTo: 1) == 1 { chosen.append(element) }
      return chosen
    }
  }
}
