import Foundation

/// A page of the project's documents, as text.
struct Document {
  /// From the package's folder, such as `Documents/LAWS.md`.
  let path: String
  let text: String

  /// The package's folder.
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  init(_ path: String) throws {
    self.path = path
    text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
  }

  /// All pages, by path, but for those in hidden folders.
  static func all() throws -> [Document] {
    let files = FileManager.default
    let names = try files.contentsOfDirectory(atPath: root.path()).filter { !$0.hasPrefix(".") }
    let paths = names.flatMap { name in
      let inside = (try? files.subpathsOfDirectory(atPath: root.appending(path: name).path())) ?? []
      return [name] + inside.map { "\(name)/\($0)" }
    }
    return try paths.filter { $0.hasSuffix(".md") }.sorted().map { try Document($0) }
  }

  /// A page cut at the fences of its code blocks: prose and code take turns, prose first.
  private var pieces: [[Substring]] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .split(omittingEmptySubsequences: false) { $0.hasPrefix("```") }.map(Array.init)
  }

  /// The lines outside of code blocks.
  var prose: [Substring] {
    pieces.enumerated().filter { $0.offset.isMultiple(of: 2) }.flatMap(\.element)
  }

  /// The code blocks, without their fences.
  var blocks: [[Substring]] {
    pieces.enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
  }

  /// The cells of all rows of all tables, headings included.
  var rows: [[String]] {
    prose.filter { $0.hasPrefix("| ") }.map { line in
      line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// What a link may name behind a `#`: the headings, as they are turned into places.
  var places: Set<String> {
    Set(
      prose.filter { $0.hasPrefix("#") }.map { line in
        let title = line.drop { $0 == "#" }.dropFirst().lowercased()
        return String(
          title.filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) }
            .map { $0 == " " ? "-" : $0 })
      })
  }

  /// The targets of all links and pictures; what stands in code is none.
  var links: [String] {
    prose.joined(separator: "\n").replacing(/`[^`]*`/, with: "")
      .matches(of: /\[[^\]]*\]\(([^)\s]+)\)/).map { String($0.output.1) }
  }
}
