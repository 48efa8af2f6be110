/// Redrawing what was just drawn: only what is finally kept is recorded.
extension ChoiceSource {
  /// A place in the record, outside any span opened after it.
  struct Mark {
    fileprivate let choices: Int
    fileprivate let spans: Int
    fileprivate let innermost: Int
    fileprivate let unrecordedSpans: Int
  }

  var mark: Mark {
    Mark(
      choices: recorded.choices.count, spans: recorded.spans.count, innermost: innermost,
      unrecordedSpans: unrecordedSpans)
  }

  /// Whether the next choice is random.
  var isAtFreshChoice: Bool { isFresh && position >= available }

  /// The choices recorded since `mark`.
  func choices(since mark: Mark) -> [Choice] { Array(recorded.choices[mark.choices...]) }

  /// Forgets what was recorded since `mark`; the position of the replay does not change.
  mutating func forget(since mark: Mark) {
    recorded.choices.removeSubrange(mark.choices...)
    recorded.spans.removeSubrange(mark.spans...)
    innermost = mark.innermost
    unrecordedSpans = mark.unrecordedSpans
  }

  /// Records what another source drew, as if this one had.
  mutating func append(_ sequence: ChoiceSequence) {
    guard isRecording else { return }
    guard recorded.choices.count + sequence.count <= limit,
      recorded.spans.count + sequence.spans.count <= limit
    else {
      noteOverrun()
      return
    }
    let (start, first) = (recorded.choices.count, recorded.spans.count)
    recorded.choices += sequence.choices
    for var span in sequence.spans {
      span.start += start
      span.end += start
      span.parent = span.parent < 0 ? innermost : span.parent + first
      recorded.spans.append(span)
    }
  }
}
