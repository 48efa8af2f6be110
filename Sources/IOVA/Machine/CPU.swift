/// The number of a CPU; it is passed along as an argument, as the kernel samples it once per call.
@frozen
public struct CPU: Hashable, Comparable, Sendable {
  public let index: Int

  @inlinable
  public init(_ index: Int) { self.index = index }

  @inlinable
  public static func < (a: CPU, b: CPU) -> Bool { a.index < b.index }
}

extension CPU: CustomStringConvertible {
  public var description: String { "cpu\(index)" }
}
