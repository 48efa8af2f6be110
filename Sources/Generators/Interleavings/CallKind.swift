import IOVA

/// One kind of call on a system under test: how its input is drawn, what it does, what it answers.
///
/// Inputs and answers of the calls of a program lie in slots. What knows their types is a handful
/// of closures, made where the types are known, so that a call is run without converting anything.
@usableFromInline
final class CallKind {
  let name: String
  /// The only thread that may call it, from 1; nil for any.
  let onlyThread: Int?
  /// The part of the system that a call is about: answers depend on no call about another part.
  let part: ((_ slot: Int) -> AnyHashable)?
  /// Forgets all slots.
  let clear: () -> Void
  /// Draws an input into a new slot.
  let draw: (inout ChoiceSource) throws -> Void
  /// Runs a call on the system, and keeps its answer.
  let run: (_ slot: Int) -> Void
  /// Runs a call on the model; whether it answers as the system did.
  let agrees: (_ slot: Int) -> Bool
  /// The call as it is printed: `push(3)`.
  let text: (_ slot: Int) -> String
  /// What it answered; empty for nothing.
  let answer: (_ slot: Int) -> String

  @usableFromInline
  init(
    _ name: String, onlyThread: Int?, part: ((Int) -> AnyHashable)? = nil,
    clear: @escaping () -> Void,
    draw: @escaping (inout ChoiceSource) throws -> Void, run: @escaping (Int) -> Void,
    agrees: @escaping (Int) -> Bool, text: @escaping (Int) -> String,
    answer: @escaping (Int) -> String
  ) {
    self.name = name
    self.onlyThread = onlyThread
    self.part = part
    self.clear = clear
    self.draw = draw
    self.run = run
    self.agrees = agrees
    self.text = text
    self.answer = answer
  }
}

/// The inputs and answers of the calls of one kind.
///
/// Inlinable, so that it is specialised for a user's types. Each answer is written by the thread
/// that makes the call, and read when nobody runs.
@usableFromInline
final class CallSlots<Input, Output>: @unchecked Sendable {
  /// What a call came to.
  @usableFromInline
  enum Answer {
    case none
    case returned(Output)
    case threw(String)
  }

  @usableFromInline
  struct Slot {
    @usableFromInline let input: Input
    @usableFromInline var answer: Answer

    @inlinable
    init(_ input: Input) {
      self.input = input
      answer = .none
    }
  }

  @usableFromInline @exclusivity(unchecked) var slots: UnsafeMutablePointer<Slot>
  @usableFromInline @exclusivity(unchecked) var count = 0
  @usableFromInline @exclusivity(unchecked) var capacity = 8

  @inlinable
  init() { slots = .allocate(capacity: 8) }

  @inlinable
  deinit {
    slots.deinitialize(count: count)
    slots.deallocate()
  }

  @inlinable
  func clear() {
    slots.deinitialize(count: count)
    count = 0
  }

  /// Adds a slot; nobody runs.
  @inlinable
  func append(_ input: Input) {
    if count == capacity {
      let more = UnsafeMutablePointer<Slot>.allocate(capacity: 2 * capacity)
      more.moveInitialize(from: slots, count: count)
      slots.deallocate()
      slots = more
      capacity *= 2
    }
    (slots + count).initialize(to: Slot(input))
    count += 1
  }

  @usableFromInline
  func answerText(_ slot: Int) -> String {
    switch slots[slot].answer {
    case .none: ""
    case .returned(let output): Output.self == Void.self ? "" : stableDescription(output)
    case .threw(let text): "throws \(text)"
    }
  }
}

/// A system, or a model, that exists during an execution.
@usableFromInline
final class SystemHolder<System> {
  @usableFromInline @exclusivity(unchecked) var system: System?

  @usableFromInline
  init() {}
}

/// What a model's call throws that would have to wait: then the system's call may wait for ever.
public struct WouldBlock: Error {
  /// The call can't be answered yet.
  public init() {}
}

extension CallKind {
  /// A kind of call, of certain types.
  ///
  /// - Parameter generator: nil if the input is nothing.
  @inlinable
  static func make<System, Model, Input, Output>(
    _ name: String, _ generator: Generator<Input>, hasInput: Bool, onlyThread: Int?,
    part: ((Input) -> AnyHashable)?,
    _ system: SystemHolder<System>, _ model: SystemHolder<Model>,
    _ body: @escaping (System, Input) throws -> Output,
    reference: @escaping (inout Model, Input) throws -> Output,
    isEqual: @escaping (Output, Output) -> Bool
  ) -> CallKind {
    let slots = CallSlots<Input, Output>()
    return CallKind(
      name, onlyThread: onlyThread,
      part: part.map { part in { slot in part(slots.slots[slot].input) } },
      clear: { slots.clear() },
      draw: { source in slots.append(try generator.draw(from: &source)) },
      run: { slot in
        guard let system = system.system else { return }
        do { slots.slots[slot].answer = .returned(try body(system, slots.slots[slot].input)) } catch
        {
          slots.slots[slot].answer = .threw("\(error)")
        }
      },
      agrees: { slot in
        guard model.system != nil else { return false }
        do {
          let output = try reference(&model.system!, slots.slots[slot].input)
          guard case .returned(let answer) = slots.slots[slot].answer else { return false }
          return isEqual(output, answer)
        } catch {
          // As if the model itself waited on the stage.
          if error is WouldBlock { Stage.current?.rest(at: 0) }
          guard case .threw(let text) = slots.slots[slot].answer else { return false }
          return text == "\(error)"
        }
      },
      text: { slot in
        hasInput ? "\(name)(\(stableDescription(slots.slots[slot].input)))" : "\(name)()"
      },
      answer: { slot in slots.answerText(slot) })
  }
}
