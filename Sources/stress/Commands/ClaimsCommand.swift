import IOVA

/// `stress claims`: counts anew what was claimed.
enum ClaimsCommand {
  static func run(_ options: ClaimsOptions) -> ExitStatus {
    let isNamed = { (claim: Claim) in options.claims.contains(claim.id) }
    let claims = options.claims.isEmpty ? Claim.all : Claim.all.filter(isNamed)
    do throws(UsageError) {
      try check(options, claims)
    } catch {
      return Stress.misuse(error.message)
    }
    var results: [ClaimResult] = []
    for claim in claims where !Signals.endIsRequested {
      let knobs = claim.knobs(options.settings)
      guard let result = try? claim.count(knobs) else {
        return Stress.misuse("\(claim.id): no memory for \(knobs.text(between: " "))")
      }
      results.append(result)
    }
    let table = ClaimTable(results: results)
    Output.standard.line(table.text)
    Output.standard.line(table.summary)
    if let json = options.json {
      do throws(FileError) {
        try AtomicFile.writeJSON(table.records, to: json)
      } catch {
        return Stress.misuse(error.message)
      }
    }
    return results.allSatisfy(\.isAccountedFor) ? .clean : .lawBroken
  }

  private static func check(_ options: ClaimsOptions, _ claims: [Claim]) throws(UsageError) {
    for (index, setting) in options.settings.enumerated() {
      let name = setting.knob.name
      if options.settings[..<index].contains(where: { $0.knob == setting.knob }) {
        throw UsageError("--with: \(name) is given twice")
      }
      if !claims.contains(where: { $0.has(setting.knob) }) {
        let owners = Claim.all.filter { $0.has(setting.knob) }.map(\.id).joined(separator: ", ")
        throw UsageError("--with: no chosen claim has the knob \(name.quoted); \(owners) has")
      }
    }
    if let json = options.json {
      do throws(FileError) { try AtomicFile.checkWritable(json) } catch {
        throw UsageError(error.message).found(in: "--json")
      }
    }
  }
}
