/// What LeakSanitizer is not to report: the runner of XCTest loses a few objects even if it runs no
/// test. It asks for this function by name; nothing else in this process may leak.
@c(__lsan_default_suppressions)
public func suppressedLeaks() -> UnsafePointer<CChar> {
  UnsafeRawPointer(suppressions.utf8Start).assumingMemoryBound(to: CChar.self)
}

private let suppressions: StaticString = "leak:libXCTest.so\n"
