/// How one coroutine leaves and another goes on, and who is told.
///
/// It holds no reference that is counted, so a coroutine that waits in here keeps nothing alive.
struct FiberSwitch: Sendable {
  enum Mechanism: Sendable {
    case own(OwnSwitch)
    case userContext(UserContextSwitch)
  }

  private let mechanism: Mechanism
  private let threads = ThreadSanitizer.ofThisProcess
  private let addresses = AddressSanitizer.ofThisProcess
  /// Our own switch where nobody has to be told, which is the case that has to be fast.
  let shortcut: OwnSwitch.Jump?

  init(_ mechanism: Mechanism) {
    self.mechanism = mechanism
    if case .own(let own) = mechanism, threads == nil, addresses == nil {
      shortcut = own.jump
    } else {
      shortcut = nil
    }
  }

  /// Of a stack: sanitizers make frames several times larger.
  var stackByteCount: Int {
    threads == nil && addresses == nil
      ? FiberStack.defaultByteCount : FiberStack.sanitizedByteCount
  }

  /// Stops in `from` and goes on in `to`; comes back when somebody switches to `from`.
  @inline(__always)
  func jump(from: UnsafeMutablePointer<Fiber>, to: UnsafeMutablePointer<Fiber>) {
    if let shortcut { return shortcut(from, to) }
    jumpAnnounced(from: from, to: to)
  }

  @inline(never)
  private func jumpAnnounced(from: UnsafeMutablePointer<Fiber>, to: UnsafeMutablePointer<Fiber>) {
    // Neither side is watched until it arrives, since the last things that one does before the
    // switch are already done in the name of the other.
    threads?.pause()
    if let addresses {
      to.pointee.predecessor = from
      addresses.start(
        fakeStack(of: from), bottom: to.pointee.stackBottom,
        byteCount: to.pointee.stackByteCount)
    }
    let next = to.pointee.sanitized
    switch mechanism {
    case .own(let own):
      let jump = own.jump
      if let announce = threads?.switchTo, let next { announce(next, ThreadSanitizer.withoutOrder) }
      jump(from, to)
    case .userContext(let contexts):
      let swap = contexts.swap
      let (mine, other) = (from.pointee.context, to.pointee.context)
      if let announce = threads?.switchTo, let next { announce(next, ThreadSanitizer.withoutOrder) }
      let failure = swap(mine, other)
      precondition(failure == 0, "the C library did not switch")
    }
    arrive(in: from)
  }

  /// After a switch; a coroutine calls it first of all.
  func arrive(in fiber: UnsafeMutablePointer<Fiber>) {
    threads?.resume()
    guard let addresses else { return }
    var bottom: UnsafeRawPointer?
    var byteCount = 0
    addresses.finish(fiber.pointee.fakeStack, bottom: &bottom, byteCount: &byteCount)
    // This is how the stack of the worker, which nobody here made, gets known.
    fiber.pointee.predecessor?.pointee.stackBottom = bottom
    fiber.pointee.predecessor?.pointee.stackByteCount = byteCount
  }

  private func fakeStack(
    of fiber: UnsafeMutablePointer<Fiber>
  ) -> UnsafeMutablePointer<AddressSanitizer.FakeStack?>? {
    MemoryLayout<Fiber>.offset(of: \.fakeStack).map {
      (UnsafeMutableRawPointer(fiber) + $0)
        .assumingMemoryBound(to: AddressSanitizer.FakeStack?.self)
    }
  }

  /// Tells who the worker is, which is whoever calls this.
  func adopt(_ worker: UnsafeMutablePointer<Fiber>) {
    if let threads { worker.pointee.sanitized = threads.currentFiber() }
  }

  /// Makes a coroutine that begins on this stack when somebody switches to it.
  func prepare(_ fiber: UnsafeMutablePointer<Fiber>, on stack: borrowing FiberStack) {
    addresses?.forgetFrames(on: stack)
    fiber.pointee.stackBottom = UnsafeRawPointer(stack.bottom)
    fiber.pointee.stackByteCount = stack.byteCount
    switch mechanism {
    case .own(let own):
      fiber.pointee.stackPointer = own.prepare(
        top: stack.top, start: { FiberCarrier.live($0.unsafelyUnwrapped) }, argument: fiber)
    case .userContext(let contexts):
      prepareContext(of: fiber, contexts)
      contexts.prepare(
        fiber.pointee.context.unsafelyUnwrapped, bottom: stack.bottom, byteCount: stack.byteCount,
        start: { high, low in
          let address = UInt(high) << 32 | UInt(low)
          FiberCarrier.live(UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped)
        },
        argument: fiber)
    }
  }

  /// Makes a coroutine known, once all there is to prepare has been: it comes after that.
  func introduce(_ fiber: UnsafeMutablePointer<Fiber>) {
    if let threads { fiber.pointee.sanitized = threads.makeFiber() }
  }

  /// Makes room for what the worker leaves behind.
  func prepareWorker(_ worker: UnsafeMutablePointer<Fiber>) {
    if case .userContext(let contexts) = mechanism { prepareContext(of: worker, contexts) }
  }

  private func prepareContext(
    of fiber: UnsafeMutablePointer<Fiber>, _ contexts: UserContextSwitch
  ) { fiber.pointee.context = contexts.allocate() }

  /// Forgets a coroutine that has ended; on the worker's stack.
  func discard(
    _ fiber: UnsafeMutablePointer<Fiber>, on worker: UnsafeMutablePointer<Fiber>
  ) {
    if let addresses, let fakeStack = fiber.pointee.fakeStack {
      addresses.discard(
        fakeStack, bottom: worker.pointee.stackBottom, byteCount: worker.pointee.stackByteCount)
    }
    if let threads, let sanitized = fiber.pointee.sanitized { threads.end(sanitized) }
    discardWorker(fiber)
  }

  func discardWorker(_ worker: UnsafeMutablePointer<Fiber>) {
    if case .userContext(let contexts) = mechanism, let context = worker.pointee.context {
      contexts.deallocate(context)
    }
  }
}
