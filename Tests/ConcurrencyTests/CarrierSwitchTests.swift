#if os(Linux) && arch(x86_64)
  import Generators
  import Testing

  /// Without the announcements of a carrier, so not under a sanitizer.
  @Suite(
    .enabled(if: ThreadSanitizer.ofThisProcess == nil),
    .enabled(if: AddressSanitizer.ofThisProcess == nil))
  struct `Our own switch` {
    /// Two sides that fill every register that belongs to a caller with numbers of their own, and
    /// switch to each other: each has to find its numbers again.
    @Test func `keeps the registers that belong to a caller`() throws {
      let own = try #require(OwnSwitch.ofThisProcess)
      let duel = UnsafeMutablePointer<Duel>.allocate(capacity: 1)
      let stack = UnsafeMutableRawPointer.allocate(byteCount: Duel.stackByteCount, alignment: 16)
      defer {
        stack.deallocate()
        duel.deallocate()
      }
      duel.initialize(
        to: Duel(jump: own.jump, probe: try #require(RegisterProbe.ofThisProcess)))
      // A top that is no multiple of 16 has to do as well.
      duel.pointee.there = own.prepare(
        top: stack + Duel.stackByteCount - 8,
        start: { Duel.answer($0.unsafelyUnwrapped) }, argument: duel)
      for _ in 0..<100 {
        let words = Duel.words(duel)
        duel.pointee.mismatches += duel.pointee.probe.lost(
          duel.pointee.jump, words.here, words.there, pattern: 0x1111_0000_1111_0000)
      }
      #expect(duel.pointee.mismatches == 0)
      #expect(duel.pointee.answers == 100)
      #expect(duel.pointee.misalignment == 0)
    }
  }

  private struct Duel {
    static let stackByteCount = 64 * 1024

    var here: UnsafeMutableRawPointer?
    var there: UnsafeMutableRawPointer?
    let jump: OwnSwitch.Jump
    let probe: RegisterProbe
    var mismatches = 0
    var answers = 0
    var misalignment: UInt = 0

    init(jump: @escaping OwnSwitch.Jump, probe: RegisterProbe) {
      self.jump = jump
      self.probe = probe
    }

    static func words(
      _ duel: UnsafeMutablePointer<Duel>
    ) -> (here: UnsafeMutableRawPointer, there: UnsafeMutableRawPointer) {
      let words = UnsafeMutableRawPointer(duel)
      return (words, words + MemoryLayout<UnsafeMutableRawPointer?>.stride)
    }

    static func answer(_ address: UnsafeMutableRawPointer) -> Never {
      let duel = address.assumingMemoryBound(to: Duel.self)
      let words = words(duel)
      while true {
        var vector = SIMD2<UInt64>(1, 2)
        duel.pointee.misalignment |=
          withUnsafeMutablePointer(to: &vector) { UInt(bitPattern: $0) % 16 }
        duel.pointee.answers += 1
        duel.pointee.mismatches += duel.pointee.probe.lost(
          duel.pointee.jump, words.there, words.here, pattern: 0x2222_0000_2222_0000)
      }
    }
  }
#endif
