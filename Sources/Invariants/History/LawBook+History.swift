import IOVA

/// The law of what callers saw of each other, over all CPUs and locks.
extension LawBook {
  /// Judges the calls so far; only when nobody runs.
  func judgeHistory() {
    // A known mistake of single answers is one of every history that has them.
    guard history.isRecording, !exceptions.contains(.allocationIsSound) else { return }
    meters[CPU(0)].pointee.checks &+= 1
    if case .notLinearisable(let evidence) = history.judge() {
      broken(.historyIsLinearisable, evidence)
    }
  }
}

extension Invariant<[HistoryCall]> {
  /// What a whole history says against it.
  public static var historyIsLinearisable: Self {
    Self(.historyIsLinearisable) { calls in
      guard case .notLinearisable(let evidence) = Linearisability().judge(calls).verdict else {
        return nil
      }
      return evidence
    }
  }
}
