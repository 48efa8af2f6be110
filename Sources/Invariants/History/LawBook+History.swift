import IOVA

/// The law about what callers see of each other, across all CPUs and locks.
extension LawBook {
  /// Judges the calls so far; only while nobody runs.
  func judgeHistory() {
    // A known mistake in single answers is also one in every history that contains them.
    guard history.isRecording, !exceptions.contains(.allocationIsSound) else { return }
    meters[CPU(0)].pointee.checks &+= 1
    if case .notLinearisable(let evidence) = history.judge() {
      broken(.historyIsLinearisable, evidence)
    }
  }
}

extension Invariant<[HistoryCall]> {
  /// The evidence against a whole history.
  public static var historyIsLinearisable: Self {
    Self(.historyIsLinearisable) { calls in
      guard case .notLinearisable(let evidence) = Linearisability().judge(calls).verdict else {
        return nil
      }
      return evidence
    }
  }
}
