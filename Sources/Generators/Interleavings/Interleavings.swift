/// A statement about code whose threads may go on in any order: that its calls answer as if they
/// were made one after the other, that its invariants hold, and that nobody waits for ever.
///
/// The code is written on the primitives of a `Stage`. A system is made anew for each execution;
/// threads make the calls that were drawn for them, and a policy decides at every primitive who
/// goes on. What fails is made minimal together with its order, kept, and tried first the next time.
///
/// ```swift
/// try Interleavings("a bounded queue") { BoundedQueue() }
///   .operation("push", .integers(in: 1...9)) { queue, value in queue.push(value) }
///   .operation("pop") { queue in queue.pop() }
///   .invariant("is never too long") { queue in queue.count <= 2 }
///   .check(threads: 3, operations: 4)
/// ```
///
/// `STRESS_SEED`, `STRESS_CASES` (executions) and `STRESS_FOR` in the environment override seed,
/// number and time. Without a seed, the seed follows from the name.
public struct Interleavings<System, Model> {
  let name: String
  let subject: Subject<System, Model>
  let folder: CaseFolder?
  let place: Property.Place
  var settings: PropertySettings?

  init(
    _ name: String, _ subject: Subject<System, Model>, folder: CaseFolder?,
    settings: PropertySettings?, place: Property.Place
  ) {
    self.name = name
    self.subject = subject
    self.folder = folder
    self.settings = settings
    self.place = place
  }

  // MARK: What must hold

  /// Adds an invariant that holds when no thread runs any more.
  public func invariant(_ name: String, _ holds: @escaping (System) -> Bool) -> Self {
    subject.invariants.append(
      .init(name: name, lock: nil, holds: holds, evidence: "it does not hold once all have ended"))
    return self
  }

  /// Adds an invariant that holds whenever the lock of this name is free, and is looked at when it
  /// is released, by whoever has it.
  public func invariant(
    _ name: String, whenFree lock: String, _ holds: @escaping (System) -> Bool
  ) -> Self {
    subject.invariants.append(
      .init(
        name: name, lock: lock, holds: holds, evidence: "it does not hold when \(lock) is released")
    )
    return self
  }

  /// Compares no answers: for code whose calls need not look as if they were made one by one.
  public func unordered() -> Self {
    subject.judges = false
    return self
  }

  /// Bounds an execution: whoever takes more steps does not come to an end. 20,000 if not said.
  public func steps(atMost limit: Int) -> Self {
    precondition(limit > 0, "an execution needs steps")
    subject.stepLimit = limit
    return self
  }
}

extension Interleavings where Model == System {
  /// Interleavings of a system whose calls answer as if it were called in some order.
  ///
  /// - Parameters:
  ///   - name: What is stated; also names the files of failing cases.
  ///   - settings: Replaces what the environment says.
  ///   - folder: Where failing cases are kept; in the package of the source file if nil.
  ///   - make: Makes a system, on the stage.
  public init(
    _ name: String, settings: PropertySettings? = nil, folder: CaseFolder? = nil,
    path: String = #filePath, file: String = #fileID, line: UInt = #line,
    test: String = #function, _ make: @escaping () -> System
  ) {
    self.init(
      name, Subject(make: make, makeModel: make), folder: folder ?? .inPackage(of: path),
      settings: settings, place: Property.Place(file: file, line: line, test: test))
  }

  /// Interleavings of a system that is made from a setting, which is drawn, and shrunk as well.
  public init<Setting>(
    _ name: String, setting: Generator<Setting>, settings: PropertySettings? = nil,
    folder: CaseFolder? = nil, path: String = #filePath, file: String = #fileID,
    line: UInt = #line, test: String = #function, _ make: @escaping (Setting) -> System
  ) {
    let drawn = DrawnSetting(setting)
    let makeDrawn = { make(drawn.value.unsafelyUnwrapped) }
    let subject = Subject(make: makeDrawn, makeModel: makeDrawn)
    subject.setting = drawn.setting()
    self.init(
      name, subject, folder: folder ?? .inPackage(of: path), settings: settings,
      place: Property.Place(file: file, line: line, test: test))
  }

  /// Adds an operation without input.
  ///
  /// - Parameter thread: The only thread that may call it, from 1; any if nil.
  public func operation<Output: Equatable>(
    _ name: String, onlyThread thread: Int? = nil,
    _ body: @escaping (System) throws -> Output
  ) -> Self {
    add(name, nil as Generator<Void>?, thread, { system, _ in try body(system) }, ==)
  }

  /// Adds an operation with an input that is drawn.
  public func operation<Input, Output: Equatable>(
    _ name: String, _ input: Generator<Input>, onlyThread thread: Int? = nil,
    _ body: @escaping (System, Input) throws -> Output
  ) -> Self {
    add(name, input, thread, body, ==)
  }

  /// Adds an operation that answers nothing.
  public func operation(
    _ name: String, onlyThread thread: Int? = nil, _ body: @escaping (System) throws -> Void
  ) -> Self {
    add(name, nil as Generator<Void>?, thread, { system, _ in try body(system) }, { _, _ in true })
  }

  /// Adds an operation with an input that is drawn, and no answer.
  public func operation<Input>(
    _ name: String, _ input: Generator<Input>, onlyThread thread: Int? = nil,
    _ body: @escaping (System, Input) throws -> Void
  ) -> Self {
    add(name, input, thread, body, { _, _ in true })
  }

  private func add<Input, Output>(
    _ name: String, _ input: Generator<Input>?, _ thread: Int?,
    _ body: @escaping (System, Input) throws -> Output,
    _ isEqual: @escaping (Output, Output) -> Bool
  ) -> Self {
    subject.kinds.append(
      Operation<System, System, Input, Output>(
        name, input, onlyThread: thread, body,
        reference: { system, input in try body(system, input) }, isEqual: isEqual))
    return self
  }
}

extension Interleavings {
  /// Interleavings of a system whose calls answer as those of a model: a value that is called in
  /// order.
  ///
  /// ```swift
  /// try Interleavings("a counter", model: 0) { Counter() }
  ///   .operation("increment", { $0.increment() }, model: { $0 += 1; return $0 })
  ///   .check(threads: 2, operations: 2)
  /// ```
  public init(
    _ name: String, model: @autoclosure @escaping () -> Model, settings: PropertySettings? = nil,
    folder: CaseFolder? = nil, path: String = #filePath, file: String = #fileID,
    line: UInt = #line, test: String = #function, _ make: @escaping () -> System
  ) {
    self.init(
      name, Subject(make: make, makeModel: model), folder: folder ?? .inPackage(of: path),
      settings: settings, place: Property.Place(file: file, line: line, test: test))
  }

  /// Adds an operation without input, and what the model does.
  public func operation<Output: Equatable>(
    _ name: String, onlyThread thread: Int? = nil,
    _ body: @escaping (System) throws -> Output,
    model reference: @escaping (inout Model) throws -> Output
  ) -> Self {
    subject.kinds.append(
      Operation<System, Model, Void, Output>(
        name, nil, onlyThread: thread, { system, _ in try body(system) },
        reference: { model, _ in try reference(&model) }, isEqual: ==))
    return self
  }

  /// Adds an operation with an input that is drawn, and what the model does.
  public func operation<Input, Output: Equatable>(
    _ name: String, _ input: Generator<Input>, onlyThread thread: Int? = nil,
    _ body: @escaping (System, Input) throws -> Output,
    model reference: @escaping (inout Model, Input) throws -> Output
  ) -> Self {
    subject.kinds.append(
      Operation<System, Model, Input, Output>(
        name, input, onlyThread: thread, body, reference: reference, isEqual: ==))
    return self
  }
}

/// A setting as it was drawn last.
private final class DrawnSetting<Value>: @unchecked Sendable {
  var value: Value?
  private let generator: Generator<Value>

  init(_ generator: Generator<Value>) { self.generator = generator }

  func setting<System, Model>() -> Subject<System, Model>.Setting {
    .init(
      draw: { [self] in value = try generator.draw(from: &$0) },
      text: { [self] in value.map(stableDescription) ?? "" })
  }
}
