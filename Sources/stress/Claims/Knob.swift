import IOVA

/// A number that a claim depends on, which a doubter can change.
struct Knob: Hashable {
  let name: String
  let summary: String
  let range: ClosedRange<Int>
  var isPowerOfTwo = false

  /// Reads a value of this knob; the error does not name the option.
  func read(_ text: String) throws(UsageError) -> Int {
    let value: Int
    do throws(UsageError) {
      value = try ValueSyntax.number(range).read(text, .known)
    } catch {
      throw error.found(in: name)
    }
    guard !isPowerOfTwo || value.nonzeroBitCount == 1 else {
      throw UsageError("\(name): \(value) is no power of two")
    }
    return value
  }
}

extension Knob {
  static let aperture = Self("aperture", "pages of the old s390 bitmap", 1...1_000_000)
  static let allocations = Self("allocations", "allocations that are counted", 1...10_000)
  static let before = Self("before", "entries of a magazine before 6.0", 1...1000)
  static let batch = Self("batch", "entries of the list of 2008", 1...100_000)
  static let burst = Self("burst", "most ranges of a CPU in a round", 1...1000)
  static let cpus = Self("cpus", "CPUs", 1...Machine.maxCPUs)
  static let depot = Self("depot", "magazines of a bounded depot", 1...64)
  static let guest = Self("guest", "unmaps that a guest's flush costs as much as", 0...100_000)
  static let kept = Self("kept", "live ranges of an interface that stays open", 1...10_000)
  static let lpar = Self("lpar", "unmaps that an LPAR's flush costs as much as", 0...100_000)
  static let magazine = Self("magazine", "entries of a magazine", 1...1000)
  static let magazines = Self("magazines", "full magazines freed into a depot", 1...200)
  static let maps = Self("maps", "mappings that a driver makes", 1...10_000)
  static let pairs = Self("pairs", "pairs of an allocation and a free", 1...1_000_000)
  static let ranges = Self("ranges", "live ranges", 1...10_000)
  static let rate = Self("rate", "unmaps a second", 1...1_000_000)
  static let requests = Self("requests", "requests that a controller has at once", 1...100_000)
  static let rounds = Self("rounds", "rounds of allocating and freeing", 10...10_000)
  static let seconds = Self("seconds", "seconds of virtual time", 1...60)
  static let single = Self(
    "single", "slots of the one ring for all CPUs", 2...65_536, isPowerOfTwo: true)
  static let small = Self("small", "CPUs of a small machine", 1...64)
  static let slots = Self("slots", "slots of a CPU's ring", 2...4096, isPowerOfTwo: true)
  static let tables = Self("tables", "second-level tables", 1...256)
  static let timeout = Self("timeout", "ms until a CPU's ring is flushed", 1...1000)
  static let unmaps = Self("unmaps", "unmaps", 1...1_000_000)

  /// Every knob that a claim has, by name.
  static let all = Set(Claim.all.flatMap { $0.parameters.map(\.knob) })
    .sorted { $0.name < $1.name }

  private init(
    _ name: String, _ summary: String, _ range: ClosedRange<Int>, isPowerOfTwo: Bool = false
  ) {
    self.name = name
    self.summary = summary
    self.range = range
    self.isPowerOfTwo = isPowerOfTwo
  }
}
