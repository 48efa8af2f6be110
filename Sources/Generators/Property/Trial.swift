/// One case of a property while it runs: draws its values, and says what they must satisfy.
///
/// ```swift
/// try Property("reversing twice changes nothing").check { trial in
///   let list = try trial.draw("list", .arrays(of: Generator<Int>.any))
///   trial.label(list.isEmpty ? "empty" : "filled")
///   try trial.expect(Array(list.reversed().reversed()) == list)
/// }
/// ```
public struct Trial {
  /// Where the case's choices come from, for drawing without a `Generator`.
  public var source: ChoiceSource

  /// The values drawn, as printed; empty unless the case is run to be reported.
  public private(set) var draws: [(name: String, text: String)] = []
  private(set) var drawNames: [String] = []
  private(set) var labels: [String] = []
  private(set) var milestones: [(name: String, happened: Bool)] = []
  private(set) var score: Int?
  private let isReported: Bool

  init(source: ChoiceSource, isReported: Bool = false) {
    self.source = source
    self.isReported = isReported
  }

  /// Starts over, reusing the memory.
  mutating func reset() {
    draws.removeAll(keepingCapacity: true)
    drawNames.removeAll(keepingCapacity: true)
    labels.removeAll(keepingCapacity: true)
    milestones.removeAll(keepingCapacity: true)
    score = nil
  }

  /// Draws a value that a failure will print under `name`.
  ///
  /// ```swift
  /// let size = try trial.draw("size", .integers(in: 1...64))
  /// ```
  public mutating func draw<Value>(
    _ name: String, _ generator: Generator<Value>
  ) throws -> Value {
    source.openSpan("draw")
    defer { source.closeSpan() }
    let value = try source.draw(generator)
    if isReported {
      draws.append((name, stableDescription(value)))
      drawNames.append(name)
    }
    return value
  }

  /// Fails the case unless `condition` holds. Shrinking keeps to the expectation that failed first.
  ///
  /// ```swift
  /// try trial.expect(list.count < 100, "\(list.count) elements")
  /// ```
  public func expect(
    _ condition: Bool, _ message: @autoclosure () -> String = "",
    file: StaticString = #fileID, line: UInt = #line
  ) throws(ExpectationFailed) {
    guard condition else {
      throw ExpectationFailed(file: "\(file)", line: line, message: message())
    }
  }

  /// Discards the case unless `condition` holds; a run in which that never happens ends with an
  /// error.
  ///
  /// ```swift
  /// try trial.assume(!list.isEmpty, "an element")
  /// ```
  public func assume(_ condition: Bool, _ reason: String = "an assumption") throws(CaseDiscarded) {
    guard condition else { throw CaseDiscarded(reason: reason) }
  }

  /// Counts the case under `text` in the report's histogram.
  ///
  /// ```swift
  /// trial.label(list.count < 10 ? "short" : "long")
  /// ```
  public mutating func label(_ text: String) {
    labels.append(text)
  }

  /// Declares that `condition` must hold in at least one case of a full run.
  ///
  /// ```swift
  /// trial.sometimes("the list was empty", list.isEmpty)
  /// ```
  public mutating func sometimes(_ name: String, _ condition: Bool) {
    milestones.append((name, condition))
  }

  /// Rates how interesting the case was: half of the later cases vary the one with the highest
  /// score.
  ///
  /// ```swift
  /// trial.maximise(list.reduce(0, +))
  /// ```
  public mutating func maximise(_ score: Int) {
    self.score = max(score, self.score ?? score)
  }
}

/// What `Trial.expect` throws.
///
/// ```swift
/// do { try trial.expect(false, "too long") } catch { assert(error.message == "too long") }
/// ```
public struct ExpectationFailed: Error, Equatable, CustomStringConvertible {
  /// The file of the expectation, as `#fileID`.
  public let file: String
  /// The line of the expectation.
  public let line: UInt
  /// What the expectation says, if anything.
  public let message: String

  /// The place, then the message.
  public var description: String {
    "expectation failed at \(file):\(line)" + (message.isEmpty ? "" : ": \(message)")
  }
}

/// What `Trial.assume` throws.
///
/// ```swift
/// do { try trial.assume(false, "order") } catch { assert("\(error)" == "order did not hold") }
/// ```
public struct CaseDiscarded: Error, Equatable, CustomStringConvertible {
  /// What was assumed.
  public let reason: String

  /// What did not hold.
  public var description: String { "\(reason) did not hold" }
}
