import IOVA

/// How one setting of a program is written and read, on a line of its own: `boundary: 0x10`.
package struct SettingForm: Sendable {
  package let name: String
  /// What has to follow the name.
  let expected: String
  /// The texts of the extreme values.
  package let examples: [String]
  /// The text; nil if the setting is left out because it has its default.
  private let write: @Sendable (ProgramSettings) -> String?
  /// Returns whether the text could be read.
  package let read: @Sendable (Substring, inout ProgramSettings) -> Bool

  /// The line of the setting; nil if it is left out.
  package func line(_ settings: ProgramSettings) -> String? {
    write(settings).map { "\(name): \($0)" }
  }

  /// Settings that every case has, and those that follow the mode if they are needed.
  package static let always = [
    revision, faults, cpus, start, boundary, magazine, depot, credit,
  ]
  package static let sometimes = [refused, ending, queue, devices]

  // MARK: One by one

  private static let revision = SettingForm(
    name: "revision", expected: "a known revision", examples: Revision.all.map(\.name),
    write: { $0.revision.name },
    read: { text, settings in
      guard let revision = Revision.named(String(text)) else { return false }
      settings.revision = revision
      return true
    })

  private static let faults = SettingForm(
    name: "faults", expected: "none, or known faults separated by commas",
    examples: ["none"] + Fault.allCases.map(\.name)
      + [Fault.allCases.map(\.name).joined(separator: ", ")],
    write: {
      let faults = $0.faults.faults.map(\.name)
      return faults.isEmpty ? "none" : faults.joined(separator: ", ")
    },
    read: { text, settings in
      let names =
        text == "none" ? [] : text.split(separator: ",", omittingEmptySubsequences: false)
      let faults = names.compactMap { Fault.named(String($0.drop { $0 == " " })) }
      settings.faults = FaultSet(faults)
      return !text.isEmpty && faults.count == names.count
    })

  private static let cpus = number("cpus", 1...64, { UInt64($0.cpus) }, { $0.cpus = Int($1) })

  private static let start = number(
    "start", 1...(1 << 40), isHex: true, { $0.start.raw }, { $0.start = PFN($1) })

  private static let boundary = number(
    "boundary", 1...(1 << 40), isHex: true, { $0.boundary }, { $0.boundary = $1 })

  private static let magazine = number(
    "magazine", 1...1024, { UInt64($0.configuration.revision.cache.magazineCapacity) },
    { $0.magazineCapacity = Int($1) })

  private static let depot = number(
    "depot", 1...1024, { UInt64($0.depotBound) }, { $0.depotBound = Int($1) })

  private static let credit = SettingForm(
    name: "credit", expected: "\"all\" or a number up to \(mostRequests)",
    examples: ["all", "0", "\(mostRequests)"],
    write: { $0.initialCredit.map(String.init) ?? "all" },
    read: { text, settings in
      settings.initialCredit = nil
      if text == "all" { return true }
      guard let credit = ProgramCaseReader.number(text), credit <= mostRequests else {
        return false
      }
      settings.initialCredit = Int(credit)
      return true
    })

  private static let refused = number(
    "refused", 1...mostRequests, { $0.refusedRequest.map(UInt64.init) },
    { $0.refusedRequest = Int($1) })

  private static let ending = SettingForm(
    name: "ends", expected: "\"busy\"", examples: ["busy"],
    write: { $0.endsBusy ? "busy" : nil },
    read: { text, settings in
      settings.endsBusy = true
      return text == "busy"
    })

  /// Mode, slots and timeout of the flush queue, and whether it is used only later.
  private static let queue = SettingForm(
    name: "queue", expected: "a mode, slots (a power of two), ms, and maybe \"later\"",
    examples: FlushOptions.Mode.allCases.flatMap { mode in
      ["2 1", "65536 1000000 later"].map { "\(mode.rawValue) \($0)" }
    },
    write: { settings in
      settings.flushQueue.map {
        "\($0.mode.rawValue) \($0.slots) \($0.timeout)" + (settings.defersFromStart ? "" : " later")
      }
    },
    read: { text, settings in
      let words = text.split(separator: " ")
      let isLater = words.last == "later"
      guard words.count == (isLater ? 4 : 3),
        let mode = FlushOptions.Mode(rawValue: String(words[0])),
        let slots = ProgramCaseReader.number(words[1]), (2...(1 << 16)).contains(slots),
        slots.nonzeroBitCount == 1, let timeout = ProgramCaseReader.number(words[2]),
        (1...1_000_000).contains(timeout)
      else { return false }
      settings.flushQueue = FlushOptions(mode, slots: Int(slots), timeout: timeout)
      settings.defersFromStart = !isLater
      return true
    })

  /// The IOMMU and its devices.
  private static let devices = SettingForm(
    name: "dma", expected: "like \"24 slab coherent; 0x3f pci\"", examples: DMASettings.examples,
    write: { $0.dma?.text },
    read: { text, settings in
      settings.dma = DMASettings(text)
      return settings.dma != nil
    })

  private static let mostRequests: UInt64 = 1 << 20

  private static func number(
    _ name: String, _ range: ClosedRange<UInt64>, isHex: Bool = false,
    _ value: @escaping @Sendable (ProgramSettings) -> UInt64?,
    _ set: @escaping @Sendable (inout ProgramSettings, UInt64) -> Void
  ) -> SettingForm {
    let text = { @Sendable (number: UInt64) in isHex ? "\(PFN(number))" : "\(number)" }
    return SettingForm(
      name: name, expected: "a number of \(range.lowerBound)...\(range.upperBound)",
      examples: [text(range.lowerBound), text(range.upperBound)],
      write: { value($0).map(text) },
      read: { digits, settings in
        guard let number = ProgramCaseReader.number(digits), range.contains(number) else {
          return false
        }
        set(&settings, number)
        return true
      })
  }
}

extension ProgramSettings {
  /// Whether a case with these settings can be read again, and is then the same.
  package var canBeKept: Bool {
    var copy = ProgramSettings()
    for form in SettingForm.always + SettingForm.sometimes {
      guard let line = form.line(self) else { continue }
      guard form.read(line.dropFirst(form.name.count + 2), &copy) else { return false }
    }
    // What is written is the effective capacity, whoever set it.
    copy.magazineCapacity = magazineCapacity
    return copy == self
  }
}
