import Generators
import IOVA
import Invariants

/// A broken law as printed: the law, the evidence, a table of what happened, how to see it again;
/// nothing else.
struct FailureReport {
  let counterexample: Counterexample
  /// The policy that found it, if CPUs were interleaved.
  var finder: String?
  /// The command that repeats it, and the file that holds it.
  var replay: String
  var caseFile: String?
  /// The file that shows it as a picture.
  var timeline: String?

  /// The most lines printed, each at most `LaneTable.maxWidth` wide.
  static let maxLines = 40

  var lines: [String] {
    var head = headline
    head += Self.wrapped("  \(counterexample.finding.evidence)")
    head.append("")
    head += Self.wrapped("  \(size)")
    head += Self.wrapped("  \(setting)")
    if let finder { head.append("  found by \(finder)") }
    if let joint = counterexample.joint {
      head.append("  \(joint.evidence)")
      if let pair = joint.guiltyPair { head += Self.wrapped("  guilty   \(pair)", indent: 11) }
    }
    var tail = Self.wrapped("  replay   \(replay)", indent: 13, breaking: " \\")
    if let caseFile {
      tail += Self.wrapped(
        "  or       swift run -c release stress replay \(caseFile)", indent: 13, breaking: " \\")
    }
    if let timeline { tail.append("  picture  \(timeline)") }
    return head + table(maxLines: Self.maxLines - head.count - tail.count) + tail
  }

  /// Breaks a text at spaces; `breaking` ends every line but the last.
  private static func wrapped(
    _ text: String, indent: Int = 4, breaking: String = ""
  ) -> [String] {
    var lines: [String] = []
    var rest = text[...]
    while rest.count > LaneTable.maxWidth {
      let room = rest.prefix(LaneTable.maxWidth - breaking.count + 1)
      let start = room.firstIndex { $0 != " " } ?? room.startIndex
      // A word longer than a line stays whole: it may be a path.
      guard let space = room[start...].lastIndex(of: " ") ?? rest[start...].firstIndex(of: " ")
      else { break }
      lines.append(rest[..<space] + breaking)
      rest = String(repeating: " ", count: indent) + rest[rest.index(after: space)...]
    }
    return lines + [String(rest)]
  }

  private var headline: [String] {
    let name = counterexample.finding.law
    guard let law = Law.named(name) else { return ["✘ \(name)"] }
    return ["✘ \(name) (\(law.id))"] + Self.wrapped("  law: \(law.statement)")
  }

  private var size: String {
    let commands = counterexample.commands
    let cpus = counterexample.program.busyCPUs
    let text = "\(commands.of("command")) on \(cpus.of("CPU"))"
    let switches = counterexample.switches
    let interleaved = counterexample.script == nil ? "" : ", \(switches.of("switch"))"
    guard counterexample.evaluations > 0 else { return text + interleaved }
    return text + interleaved
      + "    (shrunk from \(counterexample.commandsBefore) in "
      + "\(counterexample.evaluations.of("try")))"
  }

  /// The settings that matter, in one line.
  private var setting: String {
    let settings = counterexample.program.settings
    let cache = settings.configuration.revision.cache
    var words = [
      settings.revision.name, "start \(settings.start)", "boundary \(PFN(settings.boundary))",
      settings.cpus.of("CPU"),
      "magazines of \(cache.magazineCapacity)",
    ]
    if case .bounded(let most) = cache.depot { words.append("depots of \(most)") }
    if let credit = settings.initialCredit {
      words.append("memory fails after \(credit.of("request"))")
    }
    if let number = settings.refusedRequest { words.append("request \(number) for memory fails") }
    words += settings.flushQueue.map { flushing($0, settings) } ?? []
    words += settings.dma.map(devices) ?? []
    if settings.endsBusy { words.append("torn down while workers are due") }
    for fault in settings.faults.faults { words.append("fault \(fault.name)") }
    return words.joined(separator: ", ")
  }

  private func flushing(_ queue: FlushOptions, _ settings: ProgramSettings) -> [String] {
    let rings = queue.mode == .perCPU ? "a flush queue for each CPU" : "one flush queue"
    return ["\(rings) of \(queue.slots) slots and \(queue.timeout) ms"]
      + (settings.defersFromStart ? [] : ["used only once it is asked for"])
  }

  private func devices(_ dma: DMASettings) -> [String] {
    let isCoherent = counterexample.program.commands.contains(where: \.allocatesCoherently)
    var words = ["an IOMMU of \(dma.inputBits) bits"]
    if dma.strategy != .slab { words.append("tables from a \(dma.strategy)") }
    if !dma.isCoherent { words.append("a walker that sees only what is cleaned") }
    if dma.isBuffered { words.append("a walker that sees stores late") }
    if dma.isExtended { words.append("buffers above 4 GiB") }
    if dma.debugsSlabs { words.append("red zones around slab objects") }
    if dma.hasDMAZone { words.append("a kernel that calls its low zone ZONE_DMA") }
    if dma.attachesLate { words.append("devices attached by commands") }
    if let shadow = dma.shadow {
      words.append("a hypervisor's shadow of \(shadow) page\(shadow == 1 ? "" : "s")")
    }
    for (number, device) in dma.devices.enumerated() {
      let kind = [
        device.isPCI ? " on PCI" : "",
        device.forcesWideAddresses ? " asking for wide addresses" : "",
        device.isISM ? " sharing memory" : "",
      ].joined()
      let mask = device.mask.map { "mask \($0)" } ?? "no mask"
      let coherent = device.coherentMask.map { "coherent mask \($0)" }
      let second = coherent ?? (isCoherent ? "no coherent mask" : nil)
      words.append("device \(number)\(kind) with \(mask)" + (second.map { " and \($0)" } ?? ""))
    }
    return words
  }

  /// One column for each CPU that did anything.
  private func table(maxLines: Int) -> [String] {
    let lines = counterexample.lines
    guard !lines.isEmpty else { return ["  (making and ending a domain is enough)"] }
    let cpus = counterexample.program.settings.cpus
    return LaneTable(lines) { $0 == cpus ? "worker" : "cpu\($0)" }.text(maxLines: maxLines)
  }
}
