/// A known bug of concurrent code as a system under test, beside its lawful version.
package struct Exhibit: Sendable {
  /// Its name.
  package let name: String
  /// What goes wrong, in a sentence.
  package let bug: String
  /// Calls and switches of the shortest known failing case.
  package let calls: Int
  package let switches: Int
  /// Threads, and calls of each, with which the bug is hunted.
  package let size: (threads: Int, operations: Int)
  /// The same, with which the lawful version is proved.
  package let scope: (threads: Int, operations: Int)

  /// Checks either version, at its size.
  private let checkBody: @Sendable (_ isLawful: Bool, PropertySettings) throws -> InterleavingReport
  private let proveBody: @Sendable (_ isLawful: Bool) throws -> InterleavingReport

  /// - Parameter make: States the version, with these settings.
  package init<System, Model>(
    _ name: String, _ bug: String, calls: Int, switches: Int,
    size: (threads: Int, operations: Int), scope: (threads: Int, operations: Int),
    _ make: @escaping @Sendable (_ isLawful: Bool, PropertySettings) -> Interleavings<System, Model>
  ) {
    self.name = name
    self.bug = bug
    self.calls = calls
    self.switches = switches
    self.size = size
    self.scope = scope
    checkBody = { isLawful, settings in
      try make(isLawful, settings).withoutFolder
        .check(threads: size.threads, operations: size.operations)
    }
    proveBody = { isLawful in
      try make(isLawful, PropertySettings()).withoutFolder
        .prove(threads: scope.threads, operations: scope.operations)
    }
  }

  /// Hunts the bug.
  ///
  /// - Returns: the minimal failing case; nil if nothing was found.
  package func findBug(_ settings: PropertySettings) throws -> InterleavingFailure? {
    do {
      _ = try checkBody(false, settings)
      return nil
    } catch let failure as InterleavingFailure {
      return failure
    }
  }

  /// Searches the lawful version for a failure; it has none.
  package func checkLawful(_ settings: PropertySettings) throws -> InterleavingReport {
    try checkBody(true, settings)
  }

  /// Runs every program of the scope in every order.
  package func proveLawful() throws -> InterleavingReport { try proveBody(true) }

  /// Does the same with the bug, which such a search must find.
  ///
  /// - Returns: the minimal failing case; nil if the scope has none.
  package func refute() throws -> InterleavingFailure? {
    do {
      _ = try proveBody(false)
      return nil
    } catch let failure as InterleavingFailure {
      return failure
    }
  }
}

extension Interleavings {
  /// The same, without saving failing cases.
  var withoutFolder: Self {
    var copy = self
    copy.statement.folder = nil
    return copy
  }
}
