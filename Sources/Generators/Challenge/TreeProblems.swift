/// The problems about trees: a calculator that divides, and a heap that merges.
extension ChallengeProblem {
  /// "An expression without a literal division by zero can be evaluated."
  public static var calculator: ChallengeProblem {
    let literal = Generator<Int>.any.map { Expression.literal($0) }
    let expressions = Generator<Expression>.recursive(literal) { inner in
      Generator { source in
        let isDivision = source.choose(upTo: 1) == 1
        let left = try source.draw(inner)
        let right = try source.draw(inner)
        return isDivision ? .quotient(left, right) : .sum(left, right)
      }
    }
    return ChallengeProblem(
      "calculator", ideals: ["0 / (0 + 0)", "0 / (0 / 1)", "0 / (0 / -1)"], expressions,
      describe: { $0.text(isInner: false) },
      verdict: { expression in
        guard !expression.dividesByLiteralZero else { return .discarded }
        return expression.value == nil ? .fails : .passes
      })
  }

  /// "A heap turned into a list by merging is sorted, and holds what the heap held."
  public static var binaryHeap: ChallengeProblem {
    ChallengeProblem(
      "binheap", ideals: ["(0, ∅, (0, (0, ∅, ∅), (1, ∅, ∅)))"], Heap.generator(minimum: 0),
      describe: { $0.text },
      verdict: { heap in
        let all = heap.values
        let merged = heap.valuesByMerging
        return all.sorted() == merged.sorted() && merged == merged.sorted() ? .passes : .fails
      })
  }
}

private indirect enum Expression: Sendable {
  case literal(Int)
  case sum(Expression, Expression)
  case quotient(Expression, Expression)

  var dividesByLiteralZero: Bool {
    switch self {
    case .literal: false
    case .quotient(_, .literal(0)): true
    case .sum(let left, let right), .quotient(let left, let right):
      left.dividesByLiteralZero || right.dividesByLiteralZero
    }
  }

  /// `nil` if something is divided by zero.
  var value: Int? {
    switch self {
    case .literal(let value): return value
    case .sum(let left, let right):
      guard let left = left.value, let right = right.value else { return nil }
      return left &+ right
    case .quotient(let left, let right):
      guard let left = left.value, let right = right.value, right != 0 else { return nil }
      return left.dividedReportingOverflow(by: right).partialValue
    }
  }

  func text(isInner: Bool) -> String {
    switch self {
    case .literal(let value):
      return "\(value)"
    case .sum(let left, let right):
      let text = "\(left.text(isInner: true)) + \(right.text(isInner: true))"
      return isInner ? "(\(text))" : text
    case .quotient(let left, let right):
      let text = "\(left.text(isInner: true)) / \(right.text(isInner: true))"
      return isInner ? "(\(text))" : text
    }
  }
}

private indirect enum Heap: Sendable {
  case empty
  case node(Int, Heap, Heap)

  /// Heaps at most four nodes deep; no value is below `minimum` or below that of its parent.
  static func generator(minimum: Int, depth: Int = 4) -> Generator<Heap> {
    Generator { source in
      source.openSpan("heap")
      defer { source.closeSpan() }
      guard depth > 0 else {
        source.force(0, upTo: 7)
        return .empty
      }
      guard source.chance(7, in: 8) else { return .empty }
      let value = try source.draw(.integers(in: minimum...Int(Int32.max)))
      let inner = generator(minimum: value, depth: depth - 1)
      return .node(value, try source.draw(inner), try source.draw(inner))
    }
  }

  var text: String {
    switch self {
    case .empty: "∅"
    case .node(let value, let left, let right): "(\(value), \(left.text), \(right.text))"
    }
  }

  /// All values, the right half of each node before its left one.
  var values: [Int] {
    var found: [Int] = []
    var stack = [self]
    while case .node(let value, let left, let right) = stack.popLast() ?? .empty {
      found.append(value)
      stack += [left, right].filter { if case .node = $0 { true } else { false } }
    }
    return found
  }

  /// The wrong way, under test: the smallest first, and then the rest in whatever order.
  var valuesByMerging: [Int] {
    guard case .node(let value, let left, let right) = self else { return [] }
    return [value] + left.merged(with: right).values
  }

  private func merged(with other: Heap) -> Heap {
    guard case .node(let value, let left, let right) = self else { return other }
    guard case .node(let otherValue, let otherLeft, let otherRight) = other else { return self }
    return value <= otherValue
      ? .node(value, right.merged(with: other), left)
      : .node(otherValue, otherRight.merged(with: self), otherLeft)
  }
}
