/// The two magazines of one CPU and size class, guarded by C.
///
/// The corresponding Linux name is `iova_cpu_rcache`.
struct CPUCache: ~Copyable {
  /// Where pushes and pops go. Nil only where initialisation ran out of memory and said nothing.
  var loaded: Magazine?
  /// The spare: full or empty, seldom in between.
  var previous: Magazine?
  var counters = CacheCounters()

  /// Entries of the spare.
  var spare: Int { previous?.count ?? 0 }

  mutating func swap() {
    let spare = previous
    previous = loaded
    loaded = spare
  }
}
