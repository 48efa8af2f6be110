/// One kind of call on a system under test: how its input is drawn, what it does, what it answers.
///
/// Inputs and answers of the calls of a program lie in slots, typed, so that running a call neither
/// allocates nor converts.
class OperationKind<System, Model> {
  let name: String
  /// The only thread that may call it, from 1; nil for any.
  let onlyThread: Int?

  init(_ name: String, onlyThread: Int?) {
    self.name = name
    self.onlyThread = onlyThread
  }

  /// Forgets all slots.
  func clear() {}
  /// Draws an input into a new slot.
  func draw(_ source: inout ChoiceSource) throws {}
  /// `push(3)`.
  func text(_ slot: Int) -> String { name }
  /// Runs a call, and keeps its answer.
  func run(_ system: System, _ slot: Int) {}
  /// Whether the model answers as the system did.
  func agrees(_ model: inout Model, _ slot: Int) -> Bool { true }
  /// What the call answered; empty for nothing.
  func answer(_ slot: Int) -> String { "" }
  /// No call has answered.
  func forgetAnswers() {}
}

/// An operation with an input and an answer of certain types.
final class Operation<System, Model, Input, Output>: OperationKind<System, Model> {
  /// What a call came to.
  private enum Answer {
    case none
    case returned(Output)
    case threw(String)
  }

  private let generator: Generator<Input>?
  private let body: (System, Input) throws -> Output
  private let reference: (inout Model, Input) throws -> Output
  private let isEqual: (Output, Output) -> Bool
  private var inputs: [Input] = []
  private var answers: [Answer] = []

  /// - Parameter generator: nil if the input is nothing.
  /// - Parameter reference: what the model does.
  init(
    _ name: String, _ generator: Generator<Input>?, onlyThread: Int?,
    _ body: @escaping (System, Input) throws -> Output,
    reference: @escaping (inout Model, Input) throws -> Output,
    isEqual: @escaping (Output, Output) -> Bool
  ) {
    self.generator = generator
    self.body = body
    self.reference = reference
    self.isEqual = isEqual
    super.init(name, onlyThread: onlyThread)
  }

  override func clear() {
    inputs.removeAll(keepingCapacity: true)
    answers.removeAll(keepingCapacity: true)
  }

  override func draw(_ source: inout ChoiceSource) throws {
    if let generator {
      inputs.append(try generator.draw(from: &source))
    } else if let nothing = () as? Input {
      inputs.append(nothing)
    }
    answers.append(.none)
  }

  override func text(_ slot: Int) -> String {
    generator == nil ? "\(name)()" : "\(name)(\(stableDescription(inputs[slot])))"
  }

  override func run(_ system: System, _ slot: Int) {
    do { answers[slot] = .returned(try body(system, inputs[slot])) } catch {
      answers[slot] = .threw("\(error)")
    }
  }

  override func agrees(_ model: inout Model, _ slot: Int) -> Bool {
    do {
      let output = try reference(&model, inputs[slot])
      guard case .returned(let answer) = answers[slot] else { return false }
      return isEqual(output, answer)
    } catch {
      guard case .threw(let text) = answers[slot] else { return false }
      return text == "\(error)"
    }
  }

  override func answer(_ slot: Int) -> String {
    switch answers[slot] {
    case .none: ""
    case .returned(let output): Output.self == Void.self ? "" : stableDescription(output)
    case .threw(let text): "throws \(text)"
    }
  }

  override func forgetAnswers() { for slot in answers.indices { answers[slot] = .none } }
}
