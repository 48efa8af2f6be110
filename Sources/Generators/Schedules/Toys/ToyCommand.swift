/// What a toy program is made of; each command is one or two steps.
public enum ToyCommand: String, Hashable, Sendable, CaseIterable {
  /// One step that changes nothing.
  case noise
  /// Sets x, then clears it.
  case openX
  /// Sets y if x is set, then clears it.
  case openY
  /// Fails if y is set.
  case check
  /// Finds a free slot of the bitmap and takes it, in one step.
  case allocate
  /// Finds a free slot, then takes it: the time between check and use.
  case allocateInTwo
  /// Gives back the lowest slot this CPU holds.
  case free

  /// Its steps, in order.
  var parts: [ToyStep] {
    switch self {
    case .noise: [.noise]
    case .openX: [.setX, .clearX]
    case .openY: [.setYIfX, .clearY]
    case .check: [.check]
    case .allocate: [.findAndTake]
    case .allocateInTwo: [.find, .take]
    case .free: [.free]
    }
  }
}

/// One critical section of a toy command.
enum ToyStep: Sendable {
  case noise, setX, clearX, setYIfX, clearY, check, findAndTake, find, take, free
}

/// How a toy program fails.
public enum ToyFailure: String, Hashable, Sendable {
  /// A check found y set.
  case chain
  /// A slot was taken that was not free.
  case takenTwice
}
