import Foundation
import Generators
import IOVA
import Invariants

enum JointBench {
  static func run() -> [String] {
    let clock = ContinuousClock()
    var lines: [String] = []
    let except = Law.named("callsKeepTheirBudget")!
    let guards = Law.named("guardsAreHeld")!
    let only = ProcessInfo.processInfo.environment["FAULT"] ?? ""
    for fault in Fault.allCases {
      guard fault == .a13 || fault == .r16 || fault == .migration || "\(fault)".hasPrefix("unlocked")
      else { continue }
      if !only.isEmpty && "\(fault)" != only { continue }
      var options = RunOptions()
      options.faults = [fault.name]
      options.threads = 3
      options.except = fault == .a13 ? [except.name] : [guards.name]
      let plan = RunPlan(options, seed: Seed(1))
      let hunt = Hunt(controlling: plan)
      var found: [String: Int] = [:]
      var replays: [Int] = []
      var times: [Double] = []
      var examples: [String: String] = [:]
      let begin = clock.now
      var tries: UInt64 = 0
      var foundCount = 0
      while foundCount < 100, clock.now - begin < .seconds(40) {
        tries += 1
        let seed = Seed(1).derived(tries)
        guard let failure = hunt.attempt(seed) else { continue }
        foundCount += 1
        let t = clock.now
        guard let c = hunt.shrink(failure.choices, seed: seed, stopping: { false }) else {
          lines.append("\(fault) \(seed) did not repeat: \(failure.finding)"); continue }
        times.append((clock.now - t) / .milliseconds(1))
        replays.append(c.joint!.replays)
        let key = "\(c.joint!.failure) \(c.program.commands.count) \(c.switches)"
        found[key, default: 0] += 1
        if examples[key] == nil {
          let report = FailureReport(counterexample: c, replay: "\(seed)")
          examples[key] = report.lines.joined(separator: "\n") + "\n" + ProgramCase(c.finding, c.program, c.schedule).text + "\(c.joint!.schedule) \n \(c.joint!.script.turns.map{"\($0)"}.joined(separator:"\n"))"
        }
      }
      lines.append("\(fault): \(tries) tries, found \(foundCount) median replays \(replays.sorted().dropFirst(replays.count/2).first ?? 0) max \(replays.max() ?? 0) ms \(times.sorted().dropFirst(times.count/2).first ?? 0)")
      for (k, v) in found.sorted(by: { $0.key < $1.key }) { lines.append("   \(v) x \(k)\n\(examples[k]!)") }
    }
    return lines
  }
}
