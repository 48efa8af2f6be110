/// A system under test, and all that is known of it: how it is made and called, what must hold.
///
/// Types are known to its closures alone.
@usableFromInline
final class Subject: @unchecked Sendable {
  /// Something that must hold when nobody runs, or whenever a lock is free.
  @usableFromInline
  struct Invariant {
    let name: String
    /// The name of the lock that guards what it speaks of; nil if it is asked at rest.
    let lock: String?
    let holds: () -> Bool

    @usableFromInline
    init(name: String, lock: String?, holds: @escaping () -> Bool) {
      self.name = name
      self.lock = lock
      self.holds = holds
    }
  }

  /// Draws the setting that `make` reads.
  @usableFromInline
  struct Setting {
    let draw: (inout ChoiceSource) throws -> Void
    /// The setting as it is printed.
    let text: () -> String

    @usableFromInline
    init(draw: @escaping (inout ChoiceSource) throws -> Void, text: @escaping () -> String) {
      self.draw = draw
      self.text = text
    }
  }

  @usableFromInline @exclusivity(unchecked) var kinds: [CallKind] = []
  @usableFromInline @exclusivity(unchecked) var invariants: [Invariant] = []
  @usableFromInline @exclusivity(unchecked) var setting: Setting?
  /// Makes the system, and the model; forgets them.
  let make: () -> Void
  let makeModel: () -> Void
  /// The state that the model is in, if states can be compared.
  @usableFromInline @exclusivity(unchecked) var modelState: () -> AnyHashable? = { nil }
  let drop: () -> Void
  /// Whether answers are compared with the model's.
  @usableFromInline @exclusivity(unchecked) var judges = true
  /// Whether locks have to be taken in one order.
  @exclusivity(unchecked) var ordersLocks = false
  /// Whether a thread that spins until another has done something does not come to its end.
  @exclusivity(unchecked) var isLockFree = false
  /// Whether it matters which thread is which.
  var namesThreads: Bool { kinds.contains { $0.onlyThread != nil } }
  /// Orders of calls that are tried at most.
  @exclusivity(unchecked) var orderLimit = 20_000
  /// Steps of an execution at most.
  @usableFromInline @exclusivity(unchecked) var stepLimit = 20_000

  @usableFromInline
  init(
    make: @escaping () -> Void, makeModel: @escaping () -> Void, drop: @escaping () -> Void
  ) {
    self.make = make
    self.makeModel = makeModel
    self.drop = drop
  }
}
