import Synchronization

/// Whether a law is broken: asked before every step.
struct BreachWatch {
  /// The word that says so, if there is one; whoever made the watch keeps it.
  private let word: UnsafePointer<Atomic<Bool>>?
  private let ask: () -> Bool

  /// - Parameter word: looked at instead of asking.
  init(_ word: UnsafePointer<Atomic<Bool>>? = nil, asking ask: @escaping () -> Bool) {
    self.word = word
    self.ask = ask
  }

  /// Whether a law is broken.
  @inline(__always)
  var isBroken: Bool { word?.pointee.load(ordering: .acquiring) ?? ask() }
}
