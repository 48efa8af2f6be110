import Generators
import Synchronization
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite struct `A data race under a carrier` {
  /// A process of its own, since a report of ThreadSanitizer ends it or spoils its exit code.
  @Test(
    .enabled(if: ThreadSanitizer.ofThisProcess != nil),
    arguments: CarrierKind.available.filter { $0 != .dispatch }.map(\.rawValue), [1, 2])
  func `is reported, at the same step of the same schedule each time`(
    kind: String, seed: Int
  ) async throws {
    var stories: Set<String> = []
    for _ in 0..<2 {
      let result = await #expect(
        processExitsWith: .exitCode(CountingToy.exitCodeOfReport),
        observing: [\.standardErrorContent]
      ) { [kind = kind as String, seed = seed as Int] in
        CountingToy(kind: kind, isLocked: false).run(Seed(UInt64(seed)), isTold: true)
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      // It calls the same thing a "data race" or a "Swift access race".
      #expect(text.contains(/WARNING: ThreadSanitizer: .* race/))
      // What was told before the report is how far the schedule got.
      let lines = text.split(separator: "\n").prefix { !$0.hasPrefix("====") }
      #expect(lines.contains { $0.hasPrefix("cpu") })
      stories.insert(lines.filter { $0.hasPrefix("cpu") }.joined(separator: "\n"))
    }
    #expect(stories.count == 1)
  }

  /// Nothing is reported, which `--sanitize=thread` would make a failure of the whole test run.
  @Test(arguments: CarrierKind.available.map(\.rawValue))
  func `is not seen where a lock is`(kind: String) {
    let toy = CountingToy(kind: kind, isLocked: true)
    for seed in 0..<50 { toy.run(Seed(UInt64(seed))) }
    #expect(toy.count == 50 * 12)
  }
}

/// CPUs that all count on one counter, with a lock or without.
private final class CountingToy {
  static let exitCodeOfReport: Int32 = 66

  private let kind: String
  private let isLocked: Bool
  private let counter = UnsafeMutablePointer<Int>.allocate(capacity: 1)
  private let lock = Atomic<Bool>(false)

  init(kind: String, isLocked: Bool) {
    self.kind = kind
    self.isLocked = isLocked
    counter.initialize(to: 0)
  }

  deinit { counter.deallocate() }

  var count: Int { counter.pointee }

  /// - Parameter isTold: whether each step is written to the standard error, before it is made.
  func run(_ seed: Seed, isTold: Bool = false) {
    let carrier = (CarrierKind(rawValue: kind) ?? .dispatch).carrier(cpus: 3)
    let toy = CarrierToy(carrier, steps: [4, 4, 4]) { [self] cpu in
      if isTold { tell("cpu\(cpu)\n") }
      if isLocked { while lock.exchange(true, ordering: .acquiring) {} }
      counter.pointee += 1
      if isLocked { lock.store(false, ordering: .releasing) }
    }
    toy.run(seed)
  }

  private func tell(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  }
}
