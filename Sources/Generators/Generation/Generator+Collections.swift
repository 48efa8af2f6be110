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

  /// Sets of distinct values, made from an array: membership is the same in every process, though
  /// Swift's iteration order of a set is not.
  ///
  /// ```swift
  /// let picks = Generator.sets(of: Generator<Int>.integers(in: 1...49), count: 6...6)
  /// ```
  public static func sets<Element: Hashable & Sendable>(
    of element: Generator<Element>, count: ClosedRange<Int> = 0...50
  ) -> Generator where Value == Set<Element> {
    Generator<[Element]>.distinctArrays(of: element, count: count).map { Set($0) }
  }

  /// Arrays without equal elements, in the order drawn; from a generator with few values, up to all
  /// of them.
  ///
  /// ```swift
  /// let names = Generator.distinctArrays(of: .strings(of: "abc"), count: 1...5)
  /// ```
  public static func distinctArrays<Element: Hashable & Sendable>(
    of element: Generator<Element>, count: ClosedRange<Int> = 0...50
  ) -> Generator where Value == [Element] {
    Generator { source in
      var distinct = DistinctValues<Element>()
      return try list(count, "different from those before it", &source) { source in
        try distinct.draw(element, from: &source)
      }
    }
  }

  /// Dictionaries with distinct keys.
  ///
  /// ```swift
  /// let ages = Generator.dictionaries(
  ///   keys: .strings(of: "abc"), values: Generator<Int>.integers(in: 0...120))
  /// ```
  public static func dictionaries<Key: Hashable & Sendable, Content>(
    keys: Generator<Key>, values: Generator<Content>, count: ClosedRange<Int> = 0...50
  ) -> Generator where Value == [Key: Content] {
    Generator { source in
      var distinct = DistinctValues<Key>()
      let pairs = try Generator<[(Key, Content)]>.list(
        count, "different from those before it", &source
      ) { source in
        guard let key = try distinct.draw(keys, from: &source) else { return nil }
        return (key, try values.draw(from: &source))
      }
      return Dictionary(uniqueKeysWithValues: pairs)
    }
  }

  /// Dictionaries with distinct keys.
  ///
  /// ```swift
  /// let ages = Generator.dictionaries(
  ///   keys: .strings(of: "abc"), values: Generator<Int>.integers(in: 0...120))
  /// ```
  @available(*, deprecated, renamed: "dictionaries(keys:values:count:)")
  public static func dictionaries<Key: Hashable & Sendable, Content>(
    of key: Generator<Key>, to content: Generator<Content>, count: ClosedRange<Int> = 0...50
  ) -> Generator where Value == [Key: Content] {
    dictionaries(keys: key, values: content, count: count)
  }

  /// A list that may end before its length, if `next` finds no further element: it gives up only if
  /// there are too few by then.
  private static func list<Element>(
    _ count: ClosedRange<Int>, _ condition: String, _ source: inout ChoiceSource,
    _ next: (inout ChoiceSource) throws -> Element?
  ) throws -> [Element] where Value == [Element] {
    precondition(count.lowerBound >= 0, "a collection cannot have \(count.lowerBound) elements")
    var values: [Element] = []
    var length = ListLength(count)
    source.openSpan("list")
    defer { source.closeSpan() }
    while true {
      source.openSpan("item")
      defer { source.closeSpan() }
      let mark = source.mark
      guard length.goesOn(after: values.count, &source) else { return values }
      guard let value = try next(&source) else {
        guard values.count >= count.lowerBound else { throw GaveUp(looking: condition) }
        source.forget(since: mark)
        source.append(ChoiceSequence(choices: [Choice(0, upTo: 1)]))
        return values
      }
      values.append(value)
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

  /// Strings of the characters in `alphabet`, the first of which is the simplest.
  ///
  /// They have as many characters as `count` says: a character that would merge with the one before
  /// it, such as an accent or the second half of a line end, is not drawn there.
  ///
  /// ```swift
  /// let word = Generator.strings(of: "abc ", count: 1...8)
  /// ```
  public static func strings(of alphabet: String, count: ClosedRange<Int> = 0...50) -> Generator
  where Value == String {
    let characters = Array(alphabet)
    guard let succession = CharacterSuccession(characters) else {
      return Generator<[Character]>.arrays(of: .element(of: characters), count: count)
        .map { String($0) }
    }
    return Generator { source in
      var drawn: [Int] = []
      _ = try Generator<[Int]>.list(count, "apart from the one before it", &source) { source in
        let needed = count.lowerBound - drawn.count - 1
        let followers = succession.followers(of: drawn.last, needing: needed)
        guard !followers.isEmpty else { return nil }
        drawn.append(followers[Int(source.choose(below: UInt64(followers.count)))])
        return 0
      }
      return String(drawn.map { characters[$0] })
    }
  }
}

/// How long a list becomes: a target that is drawn once, unrecorded, as long as the choices are
/// fresh.
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
