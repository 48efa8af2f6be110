import IOVA

/// What is called how on a stage: locks and places by the names that code under test gave them, or
/// by what they are and which of those they are.
final class StageNames: Lexicon, @unchecked Sendable {
  /// Something that came to be.
  private struct Entry {
    let kind: StaticString
    let name: String?
  }

  /// What all points without a primitive touch: nobody knows what the code reads and writes there.
  static let memory = Resource.other(1 << 23)

  @exclusivity(unchecked) private var locks: [Entry] = []
  @exclusivity(unchecked) private var places: [Entry] = []
  /// Hand-placed points, as far as they were ever passed.
  @exclusivity(unchecked) private var points: [StaticString] = []

  /// Threads of the program.
  @exclusivity(unchecked) var threads = 0

  init() {}

  /// Nothing has come to be.
  func clear() {
    if !locks.isEmpty { locks.removeAll(keepingCapacity: true) }
    if !places.isEmpty { places.removeAll(keepingCapacity: true) }
  }

  func addLock(_ kind: StaticString, _ name: String?) -> Int {
    locks.append(Entry(kind: kind, name: name))
    return locks.count - 1
  }

  func addPlace(_ kind: StaticString, _ name: String?) -> Int {
    places.append(Entry(kind: kind, name: name))
    return places.count - 1
  }

  /// The number of a hand-placed point, the same in all executions.
  func point(_ name: StaticString) -> Int {
    let known = points.firstIndex { $0.utf8Start == name.utf8Start }
    if let known { return known }
    points.append(name)
    return points.count - 1
  }

  /// Whether there is a lock of this name.
  func hasLock(named name: String) -> Bool { locks.contains { $0.name == name } }

  /// Whether a lock has this name.
  func isLock(_ number: Int, _ name: String) -> Bool { locks[number].name == name }

  /// Whether who waits there waits for a signal, which may never come, and not for who is inside.
  func isSignalled(_ place: Int) -> Bool {
    places.indices.contains(place) && "\(places[place].kind)" != "readWriteLock"
  }

  // MARK: Points

  /// Where a thread stands between two of its calls.
  static let betweenCalls = SwitchPoint.at(.max)

  private static let lockBit: UInt32 = 1 << 23

  /// The point at which an actor does something at a place, or at a lock without taking it.
  @inline(__always)
  func place(_ verb: StageVerb, _ number: Int, ofLock isLock: Bool = false) -> SwitchPoint {
    let place = UInt32(truncatingIfNeeded: number) & (Self.lockBit - 1)
    return .at(UInt32(verb.rawValue) << 24 | (isLock ? Self.lockBit : 0) | place)
  }

  // MARK: Lexicon

  func actor(_ number: Int) -> String { Self.actor(number, of: threads) }

  /// The name of a thread of so many; the one after the last runs timers.
  static func actor(_ number: Int, of threads: Int) -> String {
    number == threads ? "timers" : "thread \(number + 1)"
  }

  /// Which of so many threads has this name; nil if none has.
  static func actor(named name: Substring, of threads: Int) -> Int? {
    (0...threads).first { actor($0, of: threads) == name }
  }

  func name(_ resource: Resource) -> String {
    if resource == Self.memory { return "memory" }
    return resource.isLock ? name(resource.index, locks) : name(resource.index, places)
  }

  /// One of eight colours.
  func kind(_ resource: Resource) -> String { "k\(resource.index % 8)" }

  func legend(_ resource: Resource) -> String { name(resource) }

  /// The name, with a number if another one before it is called the same.
  private func name(_ number: Int, _ entries: [Entry]) -> String {
    guard entries.indices.contains(number) else { return "something that is gone" }
    let entry = entries[number]
    let before = entries.prefix(number)
    if let name = entry.name {
      let count = before.count { $0.name == name }
      return count == 0 ? name : "\(name) \(count + 1)"
    }
    let count = before.count { $0.name == nil && "\($0.kind)" == "\(entry.kind)" }
    return "\(entry.kind) \(count + 1)"
  }

  func phrase(at place: UInt32) -> String {
    if .at(place) == Self.betweenCalls { return "has returned" }
    let verb = StageVerb(rawValue: UInt8(place >> 24)) ?? .passes
    let number = Int(place & (Self.lockBit - 1))
    if verb == .passes {
      // Such a name says itself what the thread does.
      return points.indices.contains(number) ? "\(points[number])" : "passes a point"
    }
    let isLock = place & Self.lockBit != 0
    return "\(verb.words) \(name(number, isLock ? locks : places))"
  }

  func stop(at place: UInt32) -> String {
    .at(place) == Self.betweenCalls ? "between two calls" : "before it \(phrase(at: place))"
  }
}
