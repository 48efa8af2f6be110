/// An order of the CPUs, each as likely as any other; zeros give 0, 1, 2, ….
///
/// Drawn choice by choice (Fisher and Yates, in Durstenfeld's form, 1964).
struct CPUOrder: Sendable {
  /// First to last.
  private(set) var cpus: [Int] = []

  mutating func draw(_ count: Int, from source: inout ChoiceSource) {
    cpus.removeAll(keepingCapacity: true)
    cpus.append(contentsOf: 0..<count)
    for place in 0..<max(0, count - 1) {
      let other = place + Int(source.choose(below: UInt64(count - place)))
      cpus.swapAt(place, other)
    }
  }
}
