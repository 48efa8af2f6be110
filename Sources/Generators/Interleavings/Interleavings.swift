/// A statement about code whose threads may go on in any order: that its calls answer as if they
/// were made one after the other, that its invariants hold, and that nobody waits for ever.
///
/// The code is written on the primitives of a `Stage`. A system is made anew for each execution;
/// threads make the calls that were drawn for them, and a policy decides at every primitive who
/// goes on. What fails is made minimal together with its order, kept, and tried first next time.
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
  @usableFromInline var statement: Statement
  @usableFromInline let system: SystemHolder<System>
  @usableFromInline let model: SystemHolder<Model>

  @inlinable
  init(
    _ name: String, settings: PropertySettings?, folder: CaseFolder?, place: Property.Place,
    _ make: @escaping () -> System, _ makeModel: @escaping () -> Model
  ) {
    let (system, model) = (SystemHolder<System>(), SystemHolder<Model>())
    self.system = system
    self.model = model
    let subject = Subject(
      make: { system.system = make() }, makeModel: { model.system = makeModel() },
      drop: {
        system.system = nil
        model.system = nil
      })
    if !(Model.self is AnyObject.Type), Model.self is any Hashable.Type {
      subject.modelState = { (model.system as? any Hashable).map { AnyHashable($0) } }
    }
    statement = Statement(name, subject, folder: folder, settings: settings, place: place)
  }

  // MARK: What must hold

  /// Adds an invariant that holds when no thread runs any more.
  @inlinable
  public func invariant(_ name: String, _ holds: @escaping (System) -> Bool) -> Self {
    add(name, nil, holds)
  }

  /// Adds an invariant that holds whenever the lock of this name is free, and is looked at when it
  /// is released, by whoever has it.
  @inlinable
  public func invariant(
    _ name: String, whenFree lock: String, _ holds: @escaping (System) -> Bool
  ) -> Self {
    add(name, lock, holds)
  }

  @inlinable
  func add(_ name: String, _ lock: String?, _ holds: @escaping (System) -> Bool) -> Self {
    let system = system
    statement.subject.invariants.append(
      .init(name: name, lock: lock, holds: { system.system.map(holds) ?? true }))
    return self
  }

  /// Compares no answers: for code whose calls need not look as if they were made one by one.
  public func unordered() -> Self {
    statement.subject.judges = false
    return self
  }

  /// States that a call comes to its end whatever becomes of the others: a thread that spins until
  /// another has done something is a failure. If not said, threads take turns after many steps.
  public func lockFree() -> Self {
    statement.subject.isLockFree = true
    return self
  }

  /// States that locks are taken in one order: two that threads take in two orders are a failure
  /// even where the threads can't meet there. If not said, the report has a line about it.
  public func locksInOneOrder() -> Self {
    statement.subject.ordersLocks = true
    return self
  }

  /// Bounds the search for an order of the calls: an execution with more that have to be tried
  /// counts as unknown. 20,000 if not said.
  public func orders(atMost limit: Int) -> Self {
    precondition(limit > 0, "the search needs an order")
    statement.subject.orderLimit = limit
    return self
  }

  /// Bounds an execution: whoever takes more steps does not come to an end. 20,000 if not said.
  public func steps(atMost limit: Int) -> Self {
    precondition(limit > 0, "an execution needs steps")
    statement.subject.stepLimit = limit
    return self
  }

  @inlinable
  func add<Input, Output>(
    _ name: String, _ input: Generator<Input>, hasInput: Bool = true, _ thread: Int?,
    part: ((Input) -> AnyHashable)? = nil, _ body: @escaping (System, Input) throws -> Output,
    _ reference: @escaping (inout Model, Input) throws -> Output,
    _ isEqual: @escaping (Output, Output) -> Bool
  ) -> Self {
    statement.subject.kinds.append(
      CallKind.make(
        name, input, hasInput: hasInput, onlyThread: thread, part: part, system, model, body,
        reference: reference, isEqual: isEqual))
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
  @inlinable
  public init(
    _ name: String, settings: PropertySettings? = nil, folder: CaseFolder? = nil,
    path: String = #filePath, file: String = #fileID, line: UInt = #line,
    test: String = #function, _ make: @escaping () -> System
  ) {
    self.init(
      name, settings: settings, folder: folder ?? .inPackage(of: path),
      place: Property.Place(file: file, line: line, test: test), make, make)
  }

  /// Interleavings of a system that is made from a setting, which is drawn, and shrunk as well.
  @inlinable
  public init<Setting>(
    _ name: String, setting: Generator<Setting>, settings: PropertySettings? = nil,
    folder: CaseFolder? = nil, path: String = #filePath, file: String = #fileID,
    line: UInt = #line, test: String = #function, _ make: @escaping (Setting) -> System
  ) {
    let drawn = SystemHolder<Setting>()
    let makeDrawn = { make(drawn.system!) }
    self.init(
      name, settings: settings, folder: folder ?? .inPackage(of: path),
      place: Property.Place(file: file, line: line, test: test), makeDrawn, makeDrawn)
    statement.subject.setting = .init(
      draw: { drawn.system = try setting.draw(from: &$0) },
      text: { drawn.system.map { stableDescription($0) } ?? "" })
  }

  /// Adds an operation without input.
  ///
  /// - Parameter thread: The only thread that may call it, from 1; any if nil.
  @inlinable
  public func operation<Output: Equatable>(
    _ name: String, onlyThread thread: Int? = nil, _ body: @escaping (System) throws -> Output
  ) -> Self {
    add(
      name, Generator { _ in }, hasInput: false, thread, { system, _ in try body(system) },
      { system, _ in try body(system) }, ==)
  }

  /// Adds an operation with an input that is drawn.
  ///
  /// - Parameter part: Which part of the system a call is about, such as the key of an entry, if
  ///   its answer depends on no call about another part. If all operations say it, the order of
  ///   each part's calls is looked for on its own.
  @inlinable
  public func operation<Input, Output: Equatable>(
    _ name: String, _ input: Generator<Input>, onlyThread thread: Int? = nil,
    part: ((Input) -> AnyHashable)? = nil, _ body: @escaping (System, Input) throws -> Output
  ) -> Self {
    add(name, input, thread, part: part, body, { try body($0, $1) }, ==)
  }

  /// Adds an operation that answers nothing.
  @inlinable
  public func operation(
    _ name: String, onlyThread thread: Int? = nil, _ body: @escaping (System) throws -> Void
  ) -> Self {
    add(
      name, Generator { _ in }, hasInput: false, thread, { system, _ in try body(system) },
      { system, _ in try body(system) }, { _, _ in true })
  }

  /// Adds an operation with an input that is drawn, and no answer.
  @inlinable
  public func operation<Input>(
    _ name: String, _ input: Generator<Input>, onlyThread thread: Int? = nil,
    part: ((Input) -> AnyHashable)? = nil, _ body: @escaping (System, Input) throws -> Void
  ) -> Self {
    add(name, input, thread, part: part, body, { try body($0, $1) }, { _, _ in true })
  }
}

extension Interleavings {
  /// Interleavings of a system whose calls answer as those of a model: a value that is called in
  /// order. A call of the model that would have to wait throws `WouldBlock`.
  ///
  /// ```swift
  /// try Interleavings("a counter", model: 0) { Counter() }
  ///   .operation("increment", { $0.increment() }, model: { $0 += 1; return $0 })
  ///   .check(threads: 2, operations: 2)
  /// ```
  @inlinable
  public init(
    _ name: String, model: @autoclosure @escaping () -> Model, settings: PropertySettings? = nil,
    folder: CaseFolder? = nil, path: String = #filePath, file: String = #fileID,
    line: UInt = #line, test: String = #function, _ make: @escaping () -> System
  ) {
    self.init(
      name, settings: settings, folder: folder ?? .inPackage(of: path),
      place: Property.Place(file: file, line: line, test: test), make, model)
  }

  /// Adds an operation without input, and what the model does.
  @inlinable
  public func operation<Output: Equatable>(
    _ name: String, onlyThread thread: Int? = nil, _ body: @escaping (System) throws -> Output,
    model reference: @escaping (inout Model) throws -> Output
  ) -> Self {
    add(
      name, Generator { _ in }, hasInput: false, thread, { system, _ in try body(system) },
      { model, _ in try reference(&model) }, ==)
  }

  /// Adds an operation with an input that is drawn, and what the model does.
  @inlinable
  public func operation<Input, Output: Equatable>(
    _ name: String, _ input: Generator<Input>, onlyThread thread: Int? = nil,
    part: ((Input) -> AnyHashable)? = nil, _ body: @escaping (System, Input) throws -> Output,
    model reference: @escaping (inout Model, Input) throws -> Output
  ) -> Self {
    add(name, input, thread, part: part, body, reference, ==)
  }

  /// Adds an operation that answers nothing, and what the model does.
  @inlinable
  public func operation(
    _ name: String, onlyThread thread: Int? = nil, _ body: @escaping (System) throws -> Void,
    model reference: @escaping (inout Model) throws -> Void
  ) -> Self {
    add(
      name, Generator { _ in }, hasInput: false, thread, { system, _ in try body(system) },
      { model, _ in try reference(&model) }, { _, _ in true })
  }

  /// Adds an operation with an input that is drawn and no answer, and what the model does.
  @inlinable
  public func operation<Input>(
    _ name: String, _ input: Generator<Input>, onlyThread thread: Int? = nil,
    part: ((Input) -> AnyHashable)? = nil, _ body: @escaping (System, Input) throws -> Void,
    model reference: @escaping (inout Model, Input) throws -> Void
  ) -> Self {
    add(name, input, thread, part: part, body, reference, { _, _ in true })
  }
}
