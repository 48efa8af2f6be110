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
      // The index is recorded and not the point on the wheel: changing a weight keeps old cases.
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
  /// `branch` receives the generator of what is inside. A third of the fresh draws at each level
  /// are leaves, so trees come in all sizes.
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
      return try leaf.draw(from: &source)
    }
    for _ in 0..<depth {
      let inner = branch(generator)
      generator = Generator { source in
        source.openSpan("tree")
        defer { source.closeSpan() }
        let isBranch = source.choose(upTo: 1) { $0.next(below: 3) > 0 ? 1 : 0 } == 1
        return try isBranch ? inner.draw(from: &source) : leaf.draw(from: &source)
      }
    }
    return generator
  }

  /// The orders of `elements`; shrinks to the order given.
  ///
  /// ```swift
  /// let deal = Generator.permutations(of: Array(1...52))
  /// ```
  public static func permutations<Element: Sendable>(of elements: [Element]) -> Generator
  where Value == [Element] {
    Generator { source in
      var order = elements
      for index in order.indices.dropLast() {
        let offset = source.choose(below: UInt64(order.count - index))
        order.swapAt(index, index + Int(offset))
      }
      return order
    }
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
