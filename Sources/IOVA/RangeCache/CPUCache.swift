/// The two magazines of one CPU and size class, guarded by C.
///
/// The corresponding Linux name is `iova_cpu_rcache`.
struct CPUCache: ~Copyable {
  /// Where ranges are pushed and popped. Nil only if initialisation ran out of memory and did not
  /// report it.
  var loaded: Magazine?
  /// The other magazine: full or empty, seldom in between.
  var previous: Magazine?
  var counters = CacheCounters()

  /// Entries of `previous`.
  var spare: Int { previous?.count ?? 0 }

  mutating func swap() {
    let spare = previous
    previous = loaded
    loaded = spare
  }
}
