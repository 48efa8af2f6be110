/// Which span of an old sequence a replay is in, so that each new span gets its own choices.
@usableFromInline
struct SpanAlignment: Sendable {
  @usableFromInline private(set) var isActive = false
  /// The choices before this index belong to the present span.
  private(set) var available = 0

  private var spans: [ChoiceSequence.Span] = []
  private var count = 0
  private var current = -1
  /// The first span that was neither entered nor passed.
  private var next = 0
  /// How many open spans the old sequence did not have.
  private var missing = 0

  mutating func begin(_ sequence: ChoiceSequence) {
    isActive = true
    spans = sequence.spans
    count = sequence.count
    current = -1
    next = 0
    missing = 0
    measure()
  }

  mutating func end() {
    guard isActive else { return }
    isActive = false
    spans = []
  }

  /// - Returns: Where the choices of the opened span start, or `nil` if it has none.
  mutating func open(_ label: SpanLabel) -> Int? {
    guard missing == 0 else {
      missing += 1
      return nil
    }
    // Spans come parents first, so what lies inside the present one has a parent no smaller.
    var index = next
    while index < spans.count, spans[index].parent >= current {
      if spans[index].parent == current, spans[index].label == label {
        current = index
        next = index + 1
        measure()
        return spans[index].start
      }
      index += 1
    }
    missing = 1
    available = 0
    return nil
  }

  /// - Returns: Where the choices after the closed span start, or `nil` if it had none.
  mutating func close() -> Int? {
    guard missing == 0 else {
      missing -= 1
      if missing == 0 { measure() }
      return nil
    }
    guard current >= 0 else { return nil }
    let closed = spans[current]
    while next < spans.count, spans[next].parent >= current { next += 1 }
    current = closed.parent
    measure()
    return closed.end
  }

  /// The present span's own choices extend to its next child, or to its end.
  private mutating func measure() {
    if next < spans.count, spans[next].parent == current {
      available = spans[next].start
    } else {
      available = current < 0 ? count : spans[current].end
    }
  }
}
