import Generators
import IOVA
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// ThreadSanitizer beside the allocator: clean where it is right, and heard where it is not.
@Suite struct `A counter without a lock, beside the allocator` {
  /// A process of its own, since a report ends it or spoils its exit code.
  @Test(.enabled(if: ThreadSanitizer.ofThisProcess != nil))
  func `is reported where threads run freely`() async throws {
    let result = await #expect(
      processExitsWith: .exitCode(RacyCounter.exitCodeOfReport),
      observing: [\.standardErrorContent]
    ) {
      let run = FreeRun(cpus: 3, RacyCounter(isTold: false).judge)
      for seed in 0..<200 {
        var source = ChoiceSource(seed: Seed(UInt64(seed)))
        _ = run.run(racyPrograms.draw(from: &source))
      }
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(/WARNING: ThreadSanitizer: .* race/))
  }

  @Test(
    .enabled(if: ThreadSanitizer.ofThisProcess != nil),
    arguments: ControlledRun.carriers.filter { $0 != .dispatch }.map(\.rawValue), [1, 2])
  func `is reported at the same step of the same schedule, each time`(
    kind: String, seed: Int
  ) async throws {
    var stories: Set<String> = []
    for _ in 0..<2 {
      let result = await #expect(
        processExitsWith: .exitCode(RacyCounter.exitCodeOfReport),
        observing: [\.standardErrorContent]
      ) { [kind = kind as String, seed = seed as Int] in
        let carrier = CarrierKind(rawValue: kind) ?? .dispatch
        let run = ControlledRun(cpus: 3, RacyCounter(isTold: true).judge, carrier: carrier)
        for number in 0..<UInt64(50) {
          var source = ChoiceSource(seed: Seed(UInt64(seed)).derived(number))
          _ = run.run(racyPrograms.draw(from: &source), &source)
        }
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains(/WARNING: ThreadSanitizer: .* race/))
      // What was told before the report is how far the schedule got.
      let lines = text.split(separator: "\n").prefix { !$0.hasPrefix("====") }
      #expect(lines.contains { $0.hasPrefix("cpu") })
      stories.insert(lines.joined(separator: "\n"))
    }
    #expect(stories.count == 1)
  }
}

/// What an exit test can name: it captures nothing.
private let racyPrograms = ProgramGenerator(.everything, cpus: 3, length: 24)

/// Counts the calls of all CPUs without any lock.
private final class RacyCounter: Supervisor, @unchecked Sendable {
  static let exitCodeOfReport: Int32 = 66

  private let isTold: Bool
  private let counter = UnsafeMutablePointer<Int>.allocate(capacity: 1)

  init(isTold: Bool) {
    self.isTold = isTold
    counter.initialize(to: 0)
  }

  deinit { counter.deallocate() }

  var judge: Judge { Judge.none.behind(self) }

  func acquiring(_ lock: LockID, on cpu: CPU) {}
  func releasing(_ lock: LockID, on cpu: CPU) {}
  func oops(_ oops: Oops, on cpu: CPU) {}

  func observed(_ event: DomainEvent, on cpu: CPU) {
    guard case .began = event else { return }
    if isTold { tell("\(cpu)\n") }
    counter.pointee += 1
  }

  private func tell(_ text: String) {
    var text = text
    text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  }
}
