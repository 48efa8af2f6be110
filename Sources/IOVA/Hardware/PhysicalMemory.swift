/// Simulated RAM in two zones, one below 4 GiB and one above, and which of its pages are taken.
///
/// Each word exists twice: as CPUs see it, and as it was last cleaned, which is all that a walker
/// sees if it is not coherent with the CPUs' caches (rule 103). Words are read and written without
/// a lock; pages are given out under one.
public final class PhysicalMemory: Sendable {
  public enum Zone: Hashable, Sendable {
    /// Below 4 GiB.
    case low
    /// Above 4 GiB if there is room, as a system serves requests that name no zone.
    case any
  }

  /// The unit in which memory is given out, in bytes.
  public static let pageBytes: UInt64 = 4096
  /// The largest run of pages: 2^10 of them, 4 MiB.
  public static let maxOrder = 10

  /// Where the zones begin: the low 32 bits of a high address are a low address, so that an address
  /// cut off at 32 bits hits memory with another owner.
  public static let lowBase: UInt64 = 0x4000_0000
  public static let highBase: UInt64 = 0x1_4000_0000

  private let lowWords: Int
  private let highWords: Int
  /// The CPUs' view of the low and the high zone, then the cleaned view of both.
  private let words: AtomicMemory
  private let zones: Locked<Zones>

  struct Zones: Sendable {
    var low: PageZone
    var high: PageZone
  }

  /// - Parameters:
  ///   - low: pages of 4 KiB below 4 GiB.
  ///   - high: pages of 4 KiB above 4 GiB.
  public init(lowPages low: Int = 4096, highPages high: Int = 4096) {
    precondition(low >= 0 && high >= 0, "a zone can't have fewer than 0 pages")
    precondition(max(low, high) <= 1 << 18, "a zone has at most 2^18 pages")
    lowWords = low * 1024
    highWords = high * 1024
    words = AtomicMemory(count: max(1, 2 * (lowWords + highWords)))
    let zones = Zones(
      low: PageZone(base: PhysicalMemory.lowBase, pages: low),
      high: PageZone(base: PhysicalMemory.highBase, pages: high))
    self.zones = Locked(
      zones, .physicalMemory, supervisor: SupervisorLink(nil), locking: .spin)
  }

  deinit { zones.destroy() }

  // MARK: Words

  /// The number of the word at an address, nil where there is no RAM; bits 0 and 1 are ignored.
  @inline(__always)
  func word(at address: PhysicalAddress) -> Int? {
    let low = Int(truncatingIfNeeded: (address.raw &- PhysicalMemory.lowBase) >> 2)
    if low < lowWords { return low }
    let high = Int(truncatingIfNeeded: (address.raw &- PhysicalMemory.highBase) >> 2)
    if high < highWords { return lowWords &+ high }
    return nil
  }

  /// A word as a CPU sees it.
  @inline(__always)
  func load(_ word: Int) -> Descriptor { Descriptor(raw: words.load(word)) }

  /// Stores a word as a CPU does. A walker that is not coherent sees it once it is cleaned.
  @inline(__always)
  func store(_ descriptor: Descriptor, at word: Int) { words.store(descriptor.raw, at: word) }

  /// Stores a word if it still is `expected`; returns the previous value.
  @inline(__always)
  func exchange(
    _ descriptor: Descriptor, expecting expected: Descriptor, at word: Int
  ) -> (exchanged: Bool, original: Descriptor) {
    let (exchanged, original) = words.exchange(
      descriptor.raw, expecting: expected.raw, at: word)
    return (exchanged, Descriptor(raw: original))
  }

  /// Makes `count` words visible to walkers that are not coherent.
  func clean(_ word: Int, count: Int) {
    let cleaned = lowWords + highWords
    for index in word..<word + count {
      var seen: UInt32
      // A store that happens in between must not be undone by the older value.
      repeat {
        seen = words.load(index)
        words.store(seen, at: cleaned + index)
      } while words.load(index) != seen
    }
  }

  /// What a walker reads at an address; nil where there is no RAM.
  ///
  /// - Parameter coherent: whether it sees the CPUs' caches, or only what was cleaned.
  @inline(__always)
  package func walkerRead(at address: PhysicalAddress, coherent: Bool) -> Descriptor? {
    guard let word = word(at: address) else { return nil }
    return Descriptor(raw: words.load(coherent ? word : word &+ lowWords &+ highWords))
  }

  // MARK: Pages

  /// Gives out 2^order pages in a row, a multiple of their size; nil if the zone has none left.
  ///
  /// The contents are whatever the last owner left.
  package func takePages(order: Int, from zone: Zone, on cpu: CPU) -> PhysicalAddress? {
    precondition((0...PhysicalMemory.maxOrder).contains(order), "there are no such runs of pages")
    return zones.withLock(on: cpu) { zones in
      if zone == .any, let high = zones.high.take(order) { return high }
      return zones.low.take(order)
    }
  }

  /// Takes back what `takePages` gave out.
  package func returnPages(_ address: PhysicalAddress, order: Int, on cpu: CPU) {
    zones.withLock(on: cpu) { zones in
      if address.raw >= PhysicalMemory.highBase {
        zones.high.giveBack(address, order)
      } else {
        zones.low.giveBack(address, order)
      }
    }
  }

  /// Makes the memory as good as new, for many short programs in a row: cheaper than allocating it
  /// again, since the host would have to provide all its pages anew.
  ///
  /// - Precondition: all pages were given back, and nobody reads or writes.
  package func recycle() {
    precondition(pagesTaken == 0, "\(pagesTaken) pages are in use")
    wipe()
    zones.withLock(on: CPU(0)) { zones in
      zones = Zones(low: zones.low.unused, high: zones.high.unused)
    }
  }

  /// Zeroes the words of all pages that were ever given out; only while nobody reads or writes.
  func wipe() {
    zones.inspect { zones in
      for view in [0, lowWords + highWords] {
        words.clear(view..<view + zones.low.pagesTouched * 1024)
        words.clear(view + lowWords..<view + lowWords + zones.high.pagesTouched * 1024)
      }
    }
  }

  /// Which pages are taken now, to be restored later; only while nobody takes any.
  var mark: Zones { zones.inspect { $0 } }

  /// Restores which pages were taken at the mark; only while nobody takes any. The words keep their
  /// values.
  func rewind(to mark: Zones) { zones.dismantle { $0 = mark } }

  /// Pages that are taken now.
  package var pagesTaken: Int {
    zones.withLock(on: CPU(0)) { $0.low.pagesTaken + $0.high.pagesTaken }
  }
}
