/// Finds which parts of a failing case could be anything: each is varied, with all else unchanged.
struct Explanation {
  /// How many variations must all fail.
  static let variations = 24
  /// How many of them must be valid cases, rather than discarded.
  static let required = 6
  /// The most parts that are varied.
  static let partLimit = 64

  let sequence: ChoiceSequence
  let names: [String]
  /// Whether a sequence fails in the same way; `nil` if it is discarded.
  let test: (ChoiceSequence) -> Bool?

  /// The parts, outermost first; what is inside a part is not listed again.
  func freeParts() -> [String] {
    var random = SplitMix64(state: 1)
    var free: [Int] = []
    for index in sequence.spans.indices.prefix(Self.partLimit) {
      guard !isInside(index, free), let range = variable(index) else { continue }
      if isFree(range, &random) { free.append(index) }
    }
    return free.map(name)
  }

  private func isInside(_ index: Int, _ spans: [Int]) -> Bool {
    var around = sequence.spans[index].parent
    while around >= 0 {
      if spans.contains(around) { return true }
      around = sequence.spans[around].parent
    }
    return false
  }

  /// The choices of a part that may be varied: not the one that lets a list go on.
  private func variable(_ index: Int) -> Range<Int>? {
    let span = sequence.spans[index]
    let start = span.label == "item" ? span.start + 1 : span.start
    let isPart = span.label == "item" || span.label == "draw"
    guard isPart, start < span.end else { return nil }
    let canVary = sequence.choices[start..<span.end].contains { $0.maximum > 0 }
    return canVary ? start..<span.end : nil
  }

  private func isFree(_ range: Range<Int>, _ random: inout SplitMix64) -> Bool {
    var failed = 0
    for _ in 0..<Self.variations {
      var varied = sequence
      for index in range {
        varied.choices[index].value = random.next(upTo: varied.choices[index].maximum)
      }
      guard varied.choices != sequence.choices, let fails = test(varied) else { continue }
      guard fails else { return false }
      failed += 1
    }
    return failed >= Self.required
  }

  /// "list", or "item 2 of list": its draw, and its position among its kind on every level.
  private func name(_ index: Int) -> String {
    var parts: [String] = []
    var at = index
    while at >= 0 {
      let span = sequence.spans[at]
      let place = sequence.spans[..<at].count { $0.parent == span.parent && $0.label == span.label }
      if span.label == "draw", span.parent < 0 {
        parts.append(place < names.count ? names[place] : "draw \(place + 1)")
      } else if span.label == "item" {
        parts.append("item \(place + 1)")
      }
      at = span.parent
    }
    return parts.joined(separator: " of ")
  }
}
