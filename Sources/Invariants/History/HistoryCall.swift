import IOVA

/// One call of a history: who asked for what, between which two moments, and the answer.
public struct HistoryCall: Hashable, Sendable {
  public enum Request: Hashable, Sendable {
    case call(DomainCall)
    /// The middle of the caller's range was given back; the call begins and ends at one moment.
    case split(PFNRange, removing: PFNRange)
  }

  public let cpu: CPU
  public let request: Request
  /// A value of the history's one clock.
  public let invocation: UInt64
  /// At or above the invocation; nil if the call still runs. Call a comes before call b if a's
  /// response is below b's invocation; otherwise either may have taken effect first.
  public let response: UInt64?
  /// The lowest pfn granted; nil for a failure, and for a call that is not an allocation.
  public let answer: PFN?

  /// - Parameter response: nil if the call still runs.
  public init(
    _ request: Request, on cpu: CPU, from invocation: UInt64, to response: UInt64?,
    answer: PFN? = nil
  ) {
    precondition(response.map { $0 >= invocation } ?? true, "a call ends after it began")
    if case .split(let whole, let part) = request {
      precondition(
        whole.lo <= part.lo && part.hi <= whole.hi, "what a split removes is a part of the range")
    }
    self.cpu = cpu
    self.request = request
    self.invocation = invocation
    self.response = response
    self.answer = answer
  }
}

extension HistoryCall: CustomStringConvertible {
  /// `cpu0 [3, 8] allocateFast(1, below: 0xf) → 0xf`
  public var description: String {
    let end = response.map { "\($0)" } ?? "…"
    return "\(cpu) [\(invocation), \(end)] \(request)" + (result.map { " → \($0)" } ?? "")
  }

  /// The answer as text; nil if there is none.
  private var result: String? {
    guard response != nil, case .call(let call) = request else { return nil }
    switch call {
    case .allocate, .allocateFast: return answer.map { "\($0)" } ?? "nil"
    case .free, .freeFast, .deferFree: return nil
    }
  }
}

extension HistoryCall.Request: CustomStringConvertible {
  public var description: String {
    switch self {
    case .call(.allocate(let pages, let limit, let aligned)):
      "allocate(\(pages), below: \(limit)\(aligned ? ", aligned" : ""))"
    case .call(.allocateFast(let pages, let limit, let flush)):
      "allocateFast(\(pages), below: \(limit)\(flush ? ", flush" : ""))"
    case .call(.free(let pfn)): "free(\(pfn))"
    case .call(.freeFast(let pfn, let pages)): "freeFast(\(pfn), \(pages))"
    case .call(.deferFree(let pfn, let pages)): "deferFree(\(pfn), \(pages))"
    case .split(let whole, let part): "split(\(whole), removing: \(part))"
    }
  }
}
