import Synchronization

#if canImport(Glibc)
  import Glibc
#endif

#if os(Linux) && canImport(Glibc)
  /// One core for all threads of a carrier, of which only one runs at a time.
  ///
  /// The system would spread them over all cores, and then a hand-over wakes a core up that sleeps:
  /// 26 µs instead of 2 on a virtual machine, and now and then 100. It is a wish only: where it is
  /// not granted, threads run wherever they run.
  struct CoreAffinity: Sendable {
    private typealias Get =
      @convention(c) @Sendable (Int32, Int, UnsafeMutablePointer<cpu_set_t>) -> Int32
    private typealias Set =
      @convention(c) @Sendable (Int32, Int, UnsafePointer<cpu_set_t>) -> Int32

    private static let carriersSoFar = Atomic<Int>(0)

    private let get: Get
    private let set: Set
    private var core = cpu_set_t()

    /// The next in turn of the cores that the caller may use; nil if there is no choice.
    init?() {
      // Looked up by name, since Swift imports the C library without its extensions.
      guard
        let get = dlsym(nil, "sched_getaffinity"), let set = dlsym(nil, "sched_setaffinity")
      else { return nil }
      self.get = unsafeBitCast(get, to: Get.self)
      self.set = unsafeBitCast(set, to: Set.self)
      guard let allowed = mine() else { return nil }
      let cores = withUnsafeBytes(of: allowed) { bytes in
        (0..<bytes.count * 8).filter { bytes[$0 / 8] >> UInt8($0 % 8) & 1 == 1 }
      }
      guard cores.count > 1 else { return nil }
      let turn = CoreAffinity.carriersSoFar.add(1, ordering: .relaxed).oldValue
      let chosen = cores[turn % cores.count]
      withUnsafeMutableBytes(of: &core) { $0[chosen / 8] = 1 << UInt8(chosen % 8) }
    }

    /// Moves the calling thread to the core.
    /// - Returns: where it was before, for `leave`.
    func enter() -> cpu_set_t? {
      guard let before = mine() else { return nil }
      return withUnsafePointer(to: core) { set(0, MemoryLayout<cpu_set_t>.size, $0) } == 0
        ? before : nil
    }

    func leave(to before: cpu_set_t?) {
      guard let before else { return }
      _ = withUnsafePointer(to: before) { set(0, MemoryLayout<cpu_set_t>.size, $0) }
    }

    /// The cores that the calling thread may use.
    private func mine() -> cpu_set_t? {
      var cores = cpu_set_t()
      let size = get(0, MemoryLayout<cpu_set_t>.size, &cores)
      return size >= 0 ? cores : nil
    }
  }
#else
  /// No choice of cores here.
  struct CoreAffinity: Sendable {
    init?() { return nil }
    func enter() -> Never? { nil }
    func leave(to before: Never?) {}
  }
#endif
