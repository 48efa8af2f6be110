/// What actors, resources and places are called: whatever is printed of an execution comes from
/// here.
public protocol Lexicon: Sendable {
  /// The name of an actor, from 0.
  func actor(_ number: Int) -> String
  /// The name of a resource, as it is printed and read.
  func name(_ resource: Resource) -> String
  /// The name in few words, for tables.
  func shortName(_ resource: Resource) -> String
  /// What kind of resource it is, in one word: those of one kind have one colour.
  func kind(_ resource: Resource) -> String
  /// What a legend says of its kind.
  func legend(_ resource: Resource) -> String
  /// What an actor does at a place without a lock, in a sentence about it.
  func phrase(at place: UInt32) -> String
  /// What a table says of an actor that stops at such a place.
  func stop(at place: UInt32) -> String
  /// What the step that begins at a point does, as whoever blames it says.
  func phrase(goingOnFrom point: SwitchPoint) -> String
}

extension Lexicon {
  public func shortName(_ resource: Resource) -> String { name(resource) }
  public func legend(_ resource: Resource) -> String { kind(resource) }
  public func stop(at place: UInt32) -> String { "when it \(phrase(at: place))" }
  public func phrase(goingOnFrom point: SwitchPoint) -> String { phrase(point) }

  /// What the actor does at a point, in a sentence about it: `takes rangeTree`.
  public func phrase(_ point: SwitchPoint) -> String {
    switch point {
    case .takes(let lock): "takes \(name(lock))"
    case .released(let lock): "has released \(name(lock))"
    case .at(let place): phrase(at: place)
    }
  }

  /// Where a table says that an actor stops.
  func stop(_ point: SwitchPoint) -> String {
    switch point {
    case .takes(let lock): "before taking \(shortName(lock))"
    case .released(let lock): "after releasing \(shortName(lock))"
    case .at(let place): stop(at: place)
    }
  }
}
