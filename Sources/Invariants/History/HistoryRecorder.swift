import IOVA

/// Records the calls of a domain on all CPUs, and judges them when nobody runs.
///
/// Each CPU writes to memory of its own; they share only the clock. Nothing is allocated while CPUs
/// run.
package final class HistoryRecorder: @unchecked Sendable {
  /// The most calls kept for one CPU; with one more, the history is unknown.
  package static let callsOfCPU = 1 << 13

  /// The calls of one CPU; written only by the thread that runs on it.
  private struct Lane {
    let calls: UnsafeMutablePointer<HistoryCall>
    /// Calls that have ended.
    var count = 0
    /// When the running call began; `nobody` if none is running.
    var running = Lane.nobody
    var isOverflowed = false
    /// Calls that the witness has accepted; only while nobody runs.
    var accepted = 0
    /// Keeps two CPUs off the same cache line.
    private var near = (0, 0, 0, 0, 0)
    private var far = (0, 0, 0, 0, 0, 0)

    init(_ calls: UnsafeMutablePointer<HistoryCall>) { self.calls = calls }

    static let nobody = UInt64.max
  }

  /// Whether calls are recorded and judged now.
  @exclusivity(unchecked) package private(set) var isRecording: Bool
  private let isOn: Bool
  private let clock: HistoryClock
  private let lanes: UnsafeMutablePointer<Lane>
  private let cpus: Int
  @exclusivity(unchecked) private var rules = HistoryRules()
  @exclusivity(unchecked) private var witness = HistoryWitness(HistoryRules())
  /// Whether the obvious order has been right so far.
  @exclusivity(unchecked) private var isWitnessed = true
  /// What was granted before the calls that are kept.
  @exclusivity(unchecked) private var granted: [PFNRange] = []

  /// - Parameter takesTurns: whether one CPU runs at a time.
  package init(cpus: Int, isOn: Bool = true, takesTurns: Bool = false) {
    clock = HistoryClock(isShared: !takesTurns)
    self.isOn = isOn
    isRecording = isOn
    self.cpus = isOn ? cpus : 0
    lanes = .allocate(capacity: self.cpus)
    for index in 0..<self.cpus {
      (lanes + index).initialize(to: Lane(.allocate(capacity: Self.callsOfCPU)))
    }
  }

  deinit {
    for index in 0..<cpus { lanes[index].calls.deallocate() }
    lanes.deallocate()
  }

  /// Drops everything, and expects calls by these rules; only while nobody runs.
  ///
  /// - Parameter isJudged: whether a verdict will be asked for; if not, nothing is recorded.
  package func begin(_ rules: HistoryRules, isJudged: Bool = true) {
    isRecording = isOn && isJudged
    guard isRecording else { return }
    self.rules = rules
    witness.begin(rules)
    isWitnessed = true
    granted.removeAll(keepingCapacity: true)
    forgetCalls()
    clock.reset()
  }

  private func forgetCalls() {
    for index in 0..<cpus {
      lanes[index].count = 0
      lanes[index].accepted = 0
      lanes[index].running = Lane.nobody
      lanes[index].isOverflowed = false
    }
  }

  // MARK: Recording

  /// A call begins on a CPU.
  @inline(__always)
  package func began(_ call: DomainCall, on cpu: CPU) {
    guard isRecording else { return }
    lanes[cpu.index].running = call.givesBack ? clock.tick() : clock.look()
  }

  /// The call has ended; if it was not recorded when it began, it counts as instantaneous.
  @inline(__always)
  package func ended(_ call: DomainCall, _ answer: PFN?, on cpu: CPU) {
    guard isRecording else { return }
    let lane = lanes + cpu.index
    let running = lane.pointee.running
    lane.pointee.running = Lane.nobody
    // A failure says nothing.
    guard call.givesBack || answer != nil else { return }
    let response = call.givesBack ? clock.look() : clock.tick()
    let invocation = running == Lane.nobody ? response : running
    append(
      HistoryCall(.call(call), on: cpu, from: invocation, to: response, answer: answer), lane)
  }

  /// The call in progress needs no explanation.
  package func forget(_ cpu: CPU) {
    if isRecording { lanes[cpu.index].running = Lane.nobody }
  }

  /// The caller's range lost its middle.
  package func split(_ whole: PFNRange, removing part: PFNRange, on cpu: CPU) {
    guard isRecording else { return }
    let moment = clock.tick()
    append(
      HistoryCall(.split(whole, removing: part), on: cpu, from: moment, to: moment),
      lanes + cpu.index)
  }

  @inline(__always)
  private func append(_ call: HistoryCall, _ lane: UnsafeMutablePointer<Lane>) {
    let count = lane.pointee.count
    guard count < Self.callsOfCPU else {
      lane.pointee.isOverflowed = true
      return
    }
    (lane.pointee.calls + count).initialize(to: call)
    lane.pointee.count = count &+ 1
  }

  // MARK: Judging

  /// The calls that are kept, CPU by CPU; only while nobody runs.
  package var calls: [HistoryCall] {
    (0..<cpus).flatMap { cpu in
      (0..<lanes[cpu].count).map { lanes[cpu].calls[$0] }
    }
  }

  /// Judges the calls so far; only while nobody runs. O(ranges) for each call since the last time
  package func judge() -> Linearisability.Verdict {
    for cpu in 0..<cpus {
      if lanes[cpu].running != Lane.nobody { return .unknown("\(CPU(cpu)) still runs") }
      if lanes[cpu].isOverflowed {
        return .unknown("more than \(Self.callsOfCPU.of("call")) on \(CPU(cpu))")
      }
    }
    while isWitnessed, let cpu = earliest() {
      let call = lanes[cpu].calls[lanes[cpu].accepted]
      lanes[cpu].accepted += 1
      isWitnessed = witness.accepts(call)
    }
    guard isWitnessed else {
      return Linearisability(rules).judge(calls, startingWith: granted).verdict
    }
    if (0..<cpus).contains(where: { lanes[$0].count > Self.callsOfCPU / 4 }) {
      granted = witness.granted.taken.map(\.range)
      forgetCalls()
    }
    return .linearisable
  }

  /// The CPU whose next call is the next one in the obvious order; nil if all were accepted.
  private func earliest() -> Int? {
    var best: Int?
    var earliest = UInt64.max
    for cpu in 0..<cpus where lanes[cpu].accepted < lanes[cpu].count {
      let moment = witness.moment(of: lanes[cpu].calls[lanes[cpu].accepted])
      if moment < earliest { (best, earliest) = (cpu, moment) }
    }
    return best
  }
}

extension DomainCall {
  /// Whether it gives a range back, rather than asking for one.
  @inline(__always)
  var givesBack: Bool {
    switch self {
    case .allocate, .allocateFast: false
    case .free, .freeFast, .deferFree: true
    }
  }
}
