/// Where a property's failing cases are kept: by default in `FailingCases/` beside `Package.swift`.
///
/// ```swift
/// let property = Property("fast", folder: .beside("/lists/ListTests.swift"))
/// assert(property.folder?.path == "/lists/FailingCases")
/// ```
public struct CaseFolder: Sendable, Equatable {
  /// The path of the folder, which need not exist.
  public let path: String

  /// The folder at a path.
  ///
  /// ```swift
  /// let property = Property("fast", folder: CaseFolder(path: "/tmp/cases"))
  /// assert(property.folder?.path == "/tmp/cases")
  /// ```
  public init(path: String) {
    self.path = path
  }

  /// The folder `FailingCases` beside a source file.
  ///
  /// ```swift
  /// let folder = CaseFolder.beside(#filePath)
  /// ```
  public static func beside(_ file: String) -> CaseFolder {
    let parts = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return CaseFolder(path: (parts + ["FailingCases"]).joined(separator: "/"))
  }

  /// The folder for cases of a source file's folder, in `FailingCases` at the top of its package.
  ///
  /// Not inside a target's folder, where the package manager would warn about each file.
  ///
  /// ```swift
  /// let folder = CaseFolder.inPackage(of: #filePath)
  /// assert(folder.path.hasSuffix("/FailingCases/ListTests"))
  /// ```
  ///
  /// Without a `Package.swift` in any folder above, it is the folder beside the file.
  public static func inPackage(of file: String) -> CaseFolder {
    let parts = file.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    var above = parts
    while above.popLast() != nil {
      let package = above.joined(separator: "/")
      guard SystemFiles.exists("\(package)/Package.swift") else { continue }
      return CaseFolder(path: "\(package)/FailingCases/\(parts.last ?? "")")
    }
    return beside(file)
  }

  /// The cases of one property, sorted by name.
  func files(of property: String) -> [String] {
    let prefix = Self.slug(property) + "-"
    return SystemFiles.names(in: path)
      .filter { $0.hasPrefix(prefix) && $0.hasSuffix(".case") }
      .map { "\(path)/\($0)" }
  }

  /// Saves a case; one file for each way in which a property fails.
  func keep(_ file: CaseFile, failure: String) throws(SystemFiles.Failure) -> String {
    try keep(file.text, of: file.property, failure: failure)
  }

  /// Saves the text of a case under this name.
  func keep(
    _ text: String, of property: String, failure: String
  ) throws(SystemFiles.Failure) -> String {
    try SystemFiles.makeFolder(path)
    let code = String(stableHash(property + "\n" + failure) & 0xFFFF_FFFF, radix: 16)
    let name = "\(path)/\(Self.slug(property))-\(code).case"
    try SystemFiles.write(text, to: name)
    return name
  }

  /// The letters and digits of a name, with a `-` for whatever lies between them.
  static func slug(_ name: String) -> String {
    let words = name.unicodeScalars.split { !($0.isASCII && $0.properties.isAlphanumeric) }
    return String(words.map { String($0).lowercased() }.joined(separator: "-").prefix(60))
  }
}

extension Unicode.Scalar.Properties {
  fileprivate var isAlphanumeric: Bool { isAlphabetic || numericType != nil }
}

/// FNV-1a: the same in every process, unlike Swift's own hash.
func stableHash(_ text: String) -> UInt64 {
  var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return hash
}
