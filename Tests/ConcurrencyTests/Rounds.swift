import Foundation
import Generators
import Testing

/// The seeds a test draws from: fixed ones, unless `STRESS_SEED` and `STRESS_ROUNDS` say otherwise.
///
/// The first round's seed is the given one, so that any failing round can be repeated alone.
struct Rounds: Sequence {
  static let defaultSeed = Seed(0x9e37_79b9)

  private let seed: Seed
  private let count: UInt64

  struct NotANumber: Error {
    let variable: String
    let text: String
  }

  /// - Parameter count: rounds, if `STRESS_ROUNDS` does not say.
  init(_ count: UInt64) throws {
    seed = try Rounds.variable("STRESS_SEED").map(Seed.init(_:)) ?? Rounds.defaultSeed
    self.count = try Rounds.variable("STRESS_ROUNDS") ?? count
  }

  /// Whether `STRESS_ROUNDS` says how many: what only many rounds reach can't be expected then.
  static var areGiven: Bool { (try? variable("STRESS_ROUNDS")) != nil }

  private static func variable(_ name: String) throws -> UInt64? {
    guard let text = ProcessInfo.processInfo.environment[name], !text.isEmpty else { return nil }
    guard let seed = Seed(text) else { throw NotANumber(variable: name, text: text) }
    return seed.value
  }

  func makeIterator() -> some IteratorProtocol<Seed> {
    (0..<count).lazy.map { $0 == 0 ? seed : seed.derived($0) }.makeIterator()
  }
}

extension Seed {
  /// The line that repeats the round of this seed alone, as part of a failing test's message.
  func line(_ test: Test? = .current) -> Comment {
    let filter = test.map { "'\($0.name.prefix { $0 != "(" }.filter { $0 != "`" })'" } ?? ""
    return "repeat with: STRESS_SEED=\(self) STRESS_ROUNDS=1 swift test --filter \(filter)"
  }
}
