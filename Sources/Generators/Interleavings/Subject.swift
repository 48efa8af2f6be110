/// A system under test, and all that is known of it: how it is made, what is called, what must hold.
final class Subject<System, Model>: @unchecked Sendable {
  /// Something that must hold when nobody runs, or whenever a lock is free.
  struct Invariant {
    let name: String
    /// The name of the lock that guards what it speaks of; nil if it is asked at rest.
    let lock: String?
    let holds: (System) -> Bool
    let evidence: String
  }

  /// Draws the setting that `make` reads.
  struct Setting {
    let draw: (inout ChoiceSource) throws -> Void
    /// The setting as it is printed.
    let text: () -> String
  }

  var kinds: [OperationKind<System, Model>] = []
  var invariants: [Invariant] = []
  var setting: Setting?
  let make: () -> System
  let makeModel: () -> Model
  /// Whether answers are compared with the model's.
  var judges = true
  /// Whether it matters which thread is which.
  var namesThreads: Bool { kinds.contains { $0.onlyThread != nil } }
  /// Orders of calls that are tried at most.
  var orderLimit = 20_000
  /// Steps of an execution at most.
  var stepLimit = 20_000

  init(make: @escaping () -> System, makeModel: @escaping () -> Model) {
    self.make = make
    self.makeModel = makeModel
  }
}
