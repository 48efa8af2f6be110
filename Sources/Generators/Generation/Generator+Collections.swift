extension Generator {
  /// Arrays of values; shrinks to fewer and simpler elements.
  ///
  /// Each element is preceded by the choice to go on, both in one span, so that any element can be
  /// deleted without touching the others.
  ///
  /// ```swift
  /// let bytes = Generator.arrays(of: Generator<UInt8>.any, count: 0...16)
  /// ```
  public static func arrays<Element>(
    of element: Generator<Element>, count: ClosedRange<Int> = 0...50
  ) -> Generator where Value == [Element] {
    precondition(count.lowerBound >= 0, "an array cannot have \(count.lowerBound) elements")
    return Generator { source in
      var values: [Element] = []
      var length = ListLength(count)
      source.openSpan("list")
      defer { source.closeSpan() }
      while true {
        source.openSpan("item")
        defer { source.closeSpan() }
        guard length.goesOn(after: values.count, &source) else { return values }
        values.append(try element.draw(from: &source))
      }
    }
  }

  /// Sets of distinct values, from an array of them: membership is the same in every process,
  /// though the order in which Swift walks a set is not.
  ///
  /// ```swift
  /// let picks = Generator.sets(of: Generator<Int>.integers(in: 1...49), count: 6...6)
  /// ```
  public static func sets<Element: Hashable & Sendable>(
    of element: Generator<Element>, count: ClosedRange<Int> = 0...50
  ) -> Generator where Value == Set<Element> {
    Generator<[Element]>.distinct(element, count: count, by: { $0 }).map { Set($0) }
  }

  /// Arrays without equal elements, in the order drawn.
  ///
  /// ```swift
  /// let names = Generator.distinctArrays(of: .strings(of: "abc"), count: 1...5)
  /// ```
  public static func distinctArrays<Element: Hashable & Sendable>(
    of element: Generator<Element>, count: ClosedRange<Int> = 0...50
  ) -> Generator where Value == [Element] {
    Generator<[Element]>.distinct(element, count: count, by: { $0 })
  }

  /// Dictionaries with distinct keys.
  ///
  /// ```swift
  /// let ages = Generator.dictionaries(
  ///   of: .strings(of: "abc"), to: Generator<Int>.integers(in: 0...120))
  /// ```
  public static func dictionaries<Key: Hashable & Sendable, Content>(
    of key: Generator<Key>, to content: Generator<Content>, count: ClosedRange<Int> = 0...50
  ) -> Generator where Value == [Key: Content] {
    let pair = Generator<(Key, Content)> { source in
      (try key.draw(from: &source), try content.draw(from: &source))
    }
    return Generator<[(Key, Content)]>.distinct(pair, count: count, by: { $0.0 })
      .map { Dictionary(uniqueKeysWithValues: $0) }
  }

  /// Draws elements and drops those whose key was there before.
  private static func distinct<Element, Key: Hashable & Sendable>(
    _ element: Generator<Element>, count: ClosedRange<Int>,
    by key: @escaping @Sendable (Element) -> Key
  ) -> Generator where Value == [Element] {
    precondition(count.lowerBound >= 0, "a set cannot have \(count.lowerBound) elements")
    return Generator { source in
      var values: [Element] = []
      var keys: Set<Key> = []
      var length = ListLength(count)
      var misses = 0
      source.openSpan("list")
      defer { source.closeSpan() }
      while true {
        source.openSpan("item")
        defer { source.closeSpan() }
        guard length.goesOn(after: values.count, &source) else { return values }
        let value = try element.draw(from: &source)
        if keys.insert(key(value)).inserted {
          values.append(value)
          misses = 0
        } else {
          misses += 1
        }
        if misses >= GaveUp.attempts {
          guard values.count >= count.lowerBound else {
            throw GaveUp(looking: "different from the \(values.count) before it")
          }
          return values
        }
      }
    }
  }

  /// `nil` in one of four cases, and what it shrinks to.
  ///
  /// ```swift
  /// let deadline = Generator.optionals(of: Generator<Int>.integers(in: 0...60))
  /// ```
  public static func optionals<Wrapped>(of value: Generator<Wrapped>) -> Generator
  where Value == Wrapped? {
    Generator { source in
      source.chance(3, in: 4) ? try value.draw(from: &source) : nil
    }
  }

  /// Strings of the characters in `alphabet`, the first being the simplest.
  ///
  /// ```swift
  /// let word = Generator.strings(of: "abc ", count: 1...8)
  /// ```
  public static func strings(of alphabet: String, count: ClosedRange<Int> = 0...50) -> Generator
  where Value == String {
    Generator<[Character]>.arrays(of: .element(of: Array(alphabet)), count: count)
      .map { String($0) }
  }
}

/// How long a list becomes: a target that is drawn once, unrecorded, while the choices are fresh.
///
/// Asking "one more?" with a fixed chance instead would make long lists exponentially rare.
private struct ListLength {
  let count: ClosedRange<Int>
  private var target: Int?

  init(_ count: ClosedRange<Int>) {
    self.count = count
  }

  mutating func goesOn(after length: Int, _ source: inout ChoiceSource) -> Bool {
    if length < count.lowerBound {
      source.force(1, upTo: 1)
      return true
    }
    if length >= count.upperBound {
      source.force(0, upTo: 1)
      return false
    }
    let goesOn = source.choose(upTo: 1) { random in
      let aim = target ?? Self.draw(count, &random)
      target = aim
      return length < aim ? 1 : 0
    }
    return goesOn == 1
  }

  private static func draw(_ count: ClosedRange<Int>, _ random: inout SplitMix64) -> Int {
    let width = UInt64(count.upperBound - count.lowerBound)
    let usual = min(width, UInt64(max(count.lowerBound, 10)))
    let isLong = random.next(below: 8) == 0
    return count.lowerBound + Int(random.next(upTo: isLong ? width : usual))
  }
}
