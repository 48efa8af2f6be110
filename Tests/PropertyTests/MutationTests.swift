import Generators
import Testing

/// Damaged input is refused with a reason, or read as what it says: it never ends the process.
@Suite struct `Ten thousand mutations` {
  private static let count: UInt64 = 10_000

  /// The bytes of `text` after one to six deletions, insertions, changes and repetitions.
  private func mutate(_ text: String, _ random: inout SplitMix64) -> String {
    var bytes = Array(text.utf8)
    let tricky = Array("0123456789/{}#- \n\u{0}smhdx_é9".utf8) + [0xFF, 0xC3, 0x80]
    for _ in 0...random.next(below: 6) where !bytes.isEmpty {
      let at = Int(random.next(below: UInt64(bytes.count)))
      let byte = tricky[Int(random.next(below: UInt64(tricky.count)))]
      switch random.next(below: 5) {
      case 0: bytes.remove(at: at)
      case 1: bytes.insert(byte, at: at)
      case 2: bytes[at] = byte
      case 3: bytes.removeSubrange(at...)
      default: bytes += bytes[at...]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `of a case file are read or refused, and what is read can be run`() throws {
    let original = """
      # list = [0, 900]
      property sorting keeps every element
      choices draw{ list{ item{ 1/1 0/1000 } item{ 1/1 900/1000 } \
      item{ 0/1 } } } 3/18446744073709551615

      """
    var random = SplitMix64(Seed(1))
    var refused = 0
    for _ in 0..<Self.count {
      do {
        let file = try CaseFile(parsing: mutate(original, &random))
        #expect(try CaseFile(parsing: file.text).choices == file.choices)
        var source = ChoiceSource(aligning: file.choices)
        _ = try source.draw(Generator<[Int]>.arrays(of: .any))
      } catch let error as CaseFile.ParseError {
        refused += 1
        #expect(error.description.hasPrefix("line "))
        #expect(error.reason.count > 10)
      }
    }
    #expect((1000..<9900).contains(refused), "\(refused) were refused")
  }

  @Test func `of the settings are read or refused by name`() {
    let originals = [
      ("STRESS_SEED", "0x9e3779b9"), ("STRESS_SEED", "18446744073709551615"),
      ("STRESS_CASES", "100000"), ("STRESS_FOR", "8h"), ("STRESS_FOR", "500ms"),
    ]
    var random = SplitMix64(Seed(2))
    var refused = 0
    for index in 0..<Int(Self.count) {
      let (name, text) = originals[index % originals.count]
      let mutated = mutate(text, &random)
      do throws(PropertySettings.Invalid) {
        let settings = try PropertySettings(environment: [name: mutated])
        #expect((settings.cases ?? 1) > 0)
      } catch {
        refused += 1
        #expect(error.name == name)
        #expect(error.description.contains(": expected "))
      }
    }
    #expect((1000..<9900).contains(refused), "\(refused) were refused")
  }

  @Test(arguments: [
    ("STRESS_SEED", "0x"), ("STRESS_SEED", "18446744073709551616"), ("STRESS_SEED", "-1"),
    ("STRESS_CASES", "0"), ("STRESS_CASES", "-5"), ("STRESS_CASES", "+5"), ("STRESS_CASES", "1e3"),
    ("STRESS_CASES", "99999999999999999999"), ("STRESS_FOR", "10"), ("STRESS_FOR", "0s"),
    ("STRESS_FOR", "1.5h"), ("STRESS_FOR", "-1s"), ("STRESS_FOR", "99999999999999999h"),
    ("STRESS_FOR", "400d"),
  ])
  func `are not needed to see that a setting is wrong`(name: String, text: String) {
    #expect {
      try PropertySettings(environment: [name: text])
    } throws: { error in
      "\(error)".hasPrefix("\(name)=\"\(text)\": expected ")
    }
  }

  @Test func `leave what is right alone`() throws {
    let settings = try PropertySettings(
      environment: ["STRESS_SEED": "0x2A", "STRESS_CASES": "17", "STRESS_FOR": "5m"])
    #expect(settings == PropertySettings(seed: Seed(42), cases: 17, time: .seconds(300)))
    #expect(try PropertySettings(environment: ["STRESS_SEED": ""]) == PropertySettings())
  }
}
