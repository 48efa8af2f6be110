import Generators
import IOVA

/// How reliably a run with the default settings finds each fault, and how small its case becomes.
enum FaultBench {
  /// The results of the seeds of one fault.
  struct Row: CustomStringConvertible {
    let fault: Fault
    var hunts: [FaultHunt] = []

    var found: [FaultHunt] { hunts.filter(\.isFound) }
    private var seconds: [Double] { found.compactMap { $0.discovery?.seconds } }

    /// The median ratio of commands to those of the shortest program; nil if nothing was found.
    var ratio: Double? { FaultBench.median(found.map { $0.ratio ?? .infinity }) }

    /// Whether the bar is met: 19 of 20 seeds, and a median of 1.2 times the shortest program.
    var isAsExpected: Bool {
      hunts.count == FaultBench.seeds && found.count >= FaultBench.leastFound
        && ratio ?? .infinity <= FaultBench.mostRatio
    }

    /// What the bar is, and where the row misses it.
    private var reasons: [String] {
      var reasons: [String] = []
      if hunts.count < FaultBench.seeds {
        reasons.append("ended after \(hunts.count) of \(FaultBench.seeds.of("seed"))")
      } else if found.count < FaultBench.leastFound {
        reasons.append("at least \(FaultBench.leastFound) of \(FaultBench.seeds) have to be found")
      }
      if ratio ?? 0 > FaultBench.mostRatio {
        reasons.append("the median ratio has to be at most \(FaultBench.mostRatio)")
      }
      return reasons
    }

    var description: String {
      var text = "faults: \(fault.name): \(found.count) of \(hunts.count.of("seed")) found"
      if let middle = FaultBench.median(seconds), let most = seconds.max() {
        text +=
          ", median \(BenchResult.rounded(middle, digits: 2)) s, "
          + "most \(BenchResult.rounded(most, digits: 2)) s"
      }
      if let commands = FaultBench.median(found.compactMap(\.commands)), let ratio {
        text += ", \(commands.of("command"))"
        if ratio.isFinite { text += ", ratio \(BenchResult.rounded(ratio, digits: 2))" }
      }
      for hunt in hunts where !hunt.isFound {
        text += "; seed \(hunt.seed): \(hunt.trouble ?? "NOT found")"
      }
      guard !isAsExpected else { return text + "  as expected" }
      return text + "  NOT as expected: " + reasons.joined(separator: "; ")
    }
  }

  static let seeds = 20
  static let leastFound = 19
  static let mostRatio = 1.2
  static let time = Duration.seconds(60)

  /// The row of one fault: `faults-A01`.
  static let names = Fault.allCases.map { "faults-\($0.name)" }

  /// The faults that such a name selects.
  static func faults(_ name: String) -> [Fault] {
    zip(names, Fault.allCases).filter { $0.0 == name }.map(\.1)
  }

  /// Prints a row for each fault; false if any is not as expected.
  static func run(_ faults: [Fault], _ print: (String) -> Void) -> Bool {
    var isAsExpected = true
    for fault in faults where !Signals.endIsRequested {
      var row = Row(fault: fault)
      for seed in 1...UInt64(seeds) where !Signals.endIsRequested {
        let hunt = FaultHunt(fault, seed: Seed(seed), time: time)
        if hunt.isFound || !Signals.endIsRequested { row.hunts.append(hunt) }
      }
      print("\(row)")
      if !row.isAsExpected { isAsExpected = false }
    }
    return isAsExpected
  }

  private static func median<Number: Comparable>(_ numbers: [Number]) -> Number? {
    numbers.isEmpty ? nil : numbers.sorted()[numbers.count / 2]
  }
}
