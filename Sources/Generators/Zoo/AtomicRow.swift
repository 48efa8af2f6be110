/// Numbered atomics, for structures whose nodes are numbers.
struct AtomicRow {
  private final class Cell {
    let value: Stage.Atomic<Int>

    init(_ value: Int, _ name: String) { self.value = Stage.Atomic(value, name) }
  }

  private let cells: [Cell]

  /// - Parameter name: their common name; each has its number appended.
  init(_ values: some Sequence<Int>, _ name: String) {
    cells = values.enumerated().map { Cell($0.element, "\(name) \($0.offset)") }
  }

  func load(_ index: Int) -> Int { cells[index].value.load(ordering: .acquiring) }

  func store(_ value: Int, at index: Int) {
    cells[index].value.store(value, ordering: .releasing)
  }

  /// Writes a value if the present one is as expected; returns whether it did.
  func replace(_ expected: Int, by desired: Int, at index: Int) -> Bool {
    cells[index].value.compareExchange(
      expected: expected, desired: desired, ordering: .acquiringAndReleasing
    ).exchanged
  }
}
