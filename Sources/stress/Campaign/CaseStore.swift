import Generators

/// The folder that receives failing cases, each once.
struct CaseStore {
  let folder: String

  /// Writes a case, atomically; returns its path.
  func save(_ file: ProgramCase, seed: Seed) throws(FileError) -> String {
    try Folder.make(folder)
    let path = "\(folder)/\(file.finding.law)-\(String(seed.value, radix: 16)).case"
    try AtomicFile.write(file.text, to: path)
    return path
  }
}
