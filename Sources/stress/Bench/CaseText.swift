import Generators

/// A case as text, and everything that one could strike out of it, one thing at a time.
///
/// It knows nothing of how cases are shrunk: only what a reader with a pencil sees.
struct CaseText {
  /// What is struck out.
  enum Part: CaseIterable {
    case command, cpu, setting, unit
  }

  /// A case with something struck out, not yet run.
  struct Edit {
    let part: Part
    /// The line before and after.
    let words: String
    let file: ProgramCase
  }

  private let lines: [String]
  /// The lines from the first command up to what follows the last.
  private let commands: Range<Int>
  private let cpus: Int

  init(_ file: ProgramCase) {
    var file = file
    file.script = Script()
    lines = file.text.split(separator: "\n").map(String.init)
    let first = (lines.firstIndex(of: "commands:") ?? lines.count - 1) + 1
    let last = lines[first...].firstIndex { $0 == "schedule:" || $0 == "end" } ?? lines.count
    commands = first..<last
    cpus = file.program.settings.cpus
  }

  /// All edits that can be read, and that a generator could have drawn.
  var edits: [Edit] {
    (withoutCommands + withoutCPUs + withoutSettings + withoutUnits).filter {
      $0.file.program.isLegal
    }
  }

  private func edit(_ part: Part, _ words: String, _ lines: [String]) -> Edit? {
    (try? ProgramCase(lines.joined(separator: "\n") + "\n")).map {
      Edit(part: part, words: words, file: $0)
    }
  }

  /// The case with one line changed, or struck out.
  private func edit(_ part: Part, _ index: Int, _ line: String?) -> Edit? {
    var changed = lines
    if let line { changed[index] = line } else { changed.remove(at: index) }
    return edit(part, "\(lines[index]) → \(line ?? "nothing")", changed)
  }

  // MARK: Commands and CPUs

  private var withoutCommands: [Edit] {
    commands.compactMap { index in
      var gone: Set<Int> = [index]
      var names = [Self.result(of: lines[index])].compactMap(\.self)
      while let name = names.popLast() {
        for other in commands where !gone.contains(other) {
          guard Self.words(of: lines[other]).contains(name) else { continue }
          gone.insert(other)
          if let result = Self.result(of: lines[other]) { names.append(result) }
        }
      }
      let kept = lines.indices.filter { !gone.contains($0) }.map { lines[$0] }
      return edit(.command, "without \(lines[index])", kept)
    }
  }

  /// `a1` of `cpu0: a1 = allocate(1, below: 0xf)`.
  private static func result(of line: String) -> String? {
    guard line.contains(" = ") else { return nil }
    return words(of: line).first { $0.hasPrefix("a") && $0.dropFirst().allSatisfy(\.isNumber) }
  }

  private static func words(of line: String) -> [String] {
    line.split { !$0.isLetter && !$0.isNumber }.map(String.init)
  }

  private var withoutCPUs: [Edit] {
    guard cpus > 1 else { return [] }
    return (0..<cpus).flatMap { cpu in
      (0..<cpus).filter { $0 != cpu }.compactMap { other in
        let renamed = lines.enumerated().map { index, line in
          if line == "cpus: \(cpus)" { return "cpus: \(cpus - 1)" }
          guard commands.contains(index) else { return line }
          return Self.renaming(line) { number in
            let number = number == cpu ? other : number
            return number > cpu ? number - 1 : number
          }
        }
        return edit(.cpu, "without cpu\(cpu), whose commands cpu\(other) runs", renamed)
      }
    }
  }

  private static func renaming(_ line: String, _ number: (Int) -> Int) -> String {
    var parts = line.components(separatedBy: "cpu")
    for index in parts.indices.dropFirst() {
      let digits = parts[index].prefix(while: \.isNumber)
      guard let old = Int(digits) else { continue }
      parts[index] = "\(number(old))" + parts[index].dropFirst(digits.count)
    }
    return parts.joined(separator: "cpu")
  }

  // MARK: Settings

  /// Lines that may be missing.
  private static let optional = ["queue:", "dma:", "ends:", "refused:"]
  /// Words, and their simplest replacements.
  private static let words = [
    (" later", ""), ("queue: single", "queue: perCPU"), (" extended", ""), (" late", ""),
    (" buffered", " coherent"), (" cleaned", " coherent"), (" pool", " slab"),
    (" fragments", " slab"), (", aligned", ""), (", flush", ""), (", shifted", ""),
    (" starved", ""), (", r,", ", rw,"), (", w,", ", rw,"), (", none,", ", rw,"),
  ]
  private static let deviceWords = [" pci", " wide", " ism"]

  private var withoutSettings: [Edit] {
    lines.indices.flatMap { index -> [Edit?] in
      let line = lines[index]
      guard isSetting(index) || commands.contains(index) else { return [] }
      var edits = Self.words.filter { line.contains($0.0) }
        .map { edit(.setting, index, line.replacing($0.0, with: $0.1)) }
      if Self.optional.contains(where: line.hasPrefix) { edits.append(edit(.setting, index, nil)) }
      if line.hasPrefix("credit: "), line != "credit: all" {
        edits.append(edit(.setting, index, "credit: all"))
      }
      if line.hasPrefix("dma: ") { edits += simplerDevices(index) }
      return edits
    }.compactMap(\.self)
  }

  private func simplerDevices(_ index: Int) -> [Edit?] {
    let parts = lines[index].components(separatedBy: "; ")
    func joined(_ place: Int, _ part: String?) -> Edit? {
      var parts = parts
      if let part { parts[place] = part } else { parts.remove(at: place) }
      return edit(.setting, index, parts.joined(separator: "; "))
    }
    let table = parts[0].components(separatedBy: " shadow ")
    return (table.count == 2 ? [joined(0, table[0])] : [])
      + parts.indices.dropFirst().flatMap { place in
        let words = parts[place].components(separatedBy: " ")
        let mask = words[0] == "default" ? [] : [(["default"] + words.dropFirst())]
        return [joined(place, nil)] + mask.map { joined(place, $0.joined(separator: " ")) }
          + Self.deviceWords.filter(parts[place].contains).map {
            joined(place, parts[place].replacing($0, with: ""))
          }
      }
  }

  // MARK: Units

  private static let settings = [
    "start:", "boundary:", "magazine:", "depot:", "credit:", "refused:", "queue:", "dma:", "ends:",
  ]

  private func isSetting(_ index: Int) -> Bool {
    index < commands.lowerBound && Self.settings.contains(where: lines[index].hasPrefix)
  }

  private var withoutUnits: [Edit] {
    lines.indices.flatMap { index -> [Edit?] in
      let isCommand = commands.contains(index)
      guard isCommand || isSetting(index) else { return [] }
      let numbers = Self.numbers(in: lines[index])
      var edits = numbers.map { number in
        edit(.unit, index, lowered(index, [number]) { $0 - 1 })
          // What has to be a power of two.
          ?? edit(.unit, index, lowered(index, [number]) { $0 / 2 })
      }
      if isCommand, numbers.count == 2 {
        edits.append(edit(.unit, index, lowered(index, numbers) { $0 - 1 }))
      }
      return edits
    }.compactMap(\.self)
  }

  /// The positions of the numbers in a line that are not part of names and not 0.
  private static func numbers(in line: String) -> [Range<String.Index>] {
    var numbers: [Range<String.Index>] = []
    var index = line.startIndex
    while index < line.endIndex {
      let word = line[index...].prefix { $0.isLetter || $0.isNumber }
      if let first = word.first, first.isNumber, value(of: word) ?? 0 > 0 {
        numbers.append(word.startIndex..<word.endIndex)
      }
      index = word.isEmpty ? line.index(after: index) : word.endIndex
    }
    return numbers
  }

  private static func value(of word: Substring) -> UInt64? {
    word.hasPrefix("0x") ? UInt64(word.dropFirst(2), radix: 16) : UInt64(word)
  }

  private func lowered(
    _ index: Int, _ numbers: [Range<String.Index>], _ body: (UInt64) -> UInt64
  ) -> String {
    var line = lines[index]
    for number in numbers.reversed() {
      let word = line[number]
      guard let value = Self.value(of: word) else { continue }
      let less = body(value)
      line.replaceSubrange(
        number, with: word.hasPrefix("0x") ? "0x" + String(less, radix: 16) : "\(less)")
    }
    return line
  }
}
