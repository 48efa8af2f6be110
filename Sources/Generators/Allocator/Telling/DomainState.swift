import IOVA

/// The state of a domain at one moment, part by part, as it is printed.
///
/// All states of a domain have the same parts in the same order; what does not exist, such as the
/// entries of an empty magazine, is a part without lines.
package struct DomainState: Hashable, Sendable {
  /// One part: what it is called, and what there is.
  package struct Part: Hashable, Sendable {
    package let name: String
    package let lines: [String]
    /// What is printed once there is nothing any more.
    var absence = "nothing"
  }

  package let parts: [Part]

  /// Columns before a part's name, and for the name.
  private static let margin = 4
  private static let nameWidth = 15
  /// Columns for what there is.
  static let width = LaneTable.maxWidth - margin - nameWidth

  /// Looks at a domain; only while nobody runs, or stops where others may go on.
  ///
  /// - Parameter holders: who else has ranges, beside the domain.
  package init(of domain: IOVADomain, _ holders: [Holder] = []) {
    let snapshot = domain.snapshot()
    let tree = snapshot.tree
    let ranges = tree.nodes.map(\.range).filter { !tree.hasAnchor || $0.lo != PFN(.max) }
    let parked = snapshot.caches.map(ParkedPart.init) + snapshot.depots.map(ParkedPart.init)
    let rings = (snapshot.flush?.rings ?? []).map(ParkedPart.init)
    let all = holders + (parked + rings).flatMap(\.holders)
    parts =
      [
        Part(name: "tree", lines: Self.tree(ranges, all)),
        Part(name: "search", lines: Self.search(tree.search, domain.searchRules)),
        Part(name: "shortcut", lines: Self.shortcut(tree)),
      ] + parked.map(\.part) + [Part(name: "flush queue", lines: Self.queue(domain, snapshot))]
      + rings.map(\.part) + [Part(name: "invalidations", lines: Self.invalidations(domain))]
      + (domain.iommu.map(Self.translations) ?? []) + Self.devices(domain)
      + [Part(name: "machine", lines: Self.machine(domain.machine))]
  }

  /// What is printed of it after an earlier state: the parts that changed, and `…` for the others;
  /// everything that exists if there is none.
  package func lines(after earlier: DomainState?) -> [String] {
    var lines: [String] = []
    var isFolded = false
    for (index, part) in parts.enumerated() {
      if part.lines != earlier?.parts[index].lines ?? [] {
        lines += Self.printed(part)
      } else if !part.lines.isEmpty {
        isFolded = true
      }
    }
    let indent = String(repeating: " ", count: Self.margin)
    return (lines + (isFolded ? ["…"] : [])).map { indent + $0 }
  }

  private static func printed(_ part: Part) -> [String] {
    let lines = part.lines.isEmpty ? [part.absence] : part.lines
    return lines.enumerated().map { index, line in
      (index == 0 ? part.name : "").padded(to: nameWidth) + line
    }
  }

  // MARK: How parts are written

  /// Rows of two columns.
  static func aligned(_ rows: [(String, String)]) -> [String] {
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { $0.padded(to: width) + "  " + $1 }
  }

  /// Words in as many lines as they need.
  static func filled(_ words: [String]) -> [String] {
    words.reduce(into: []) { lines, word in
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] += " " + word
      } else {
        lines.append(word)
      }
    }
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
