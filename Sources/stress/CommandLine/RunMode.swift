/// How the CPUs of a program run when there are several.
enum RunMode: String, CaseIterable {
  /// On threads that really run at the same time.
  case free
  /// One at a time; every switch is a recorded choice.
  case controlled
  /// In turn, for equal times.
  case both
}

extension ValueSyntax where Value == RunMode {
  static var mode: Self {
    let names = RunMode.allCases.map(\.rawValue)
    return Self(names.joined(separator: "|")) { (text, _) throws(UsageError) in
      guard let mode = RunMode(rawValue: text) else {
        throw UsageError.unknown("mode", text, among: names)
      }
      return mode
    }
  }
}
