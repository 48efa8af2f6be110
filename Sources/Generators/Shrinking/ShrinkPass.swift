/// One kind of edit, tried wherever it applies.
struct ShrinkPass: Sendable {
  let name: String
  let run: @Sendable (ShrinkSearch) -> Void

  init(_ name: String, _ run: @escaping @Sendable (ShrinkSearch) -> Void) {
    self.name = name
    self.run = run
  }

  /// In order: what removes most for the least cost comes first, what only polishes comes last.
  static let all: [ShrinkPass] = [
    ShrinkPass("delete spans", deleteSpans),
    ShrinkPass("keep a descendant", keepDescendants),
    ShrinkPass("zero blocks", zeroBlocks),
    ShrinkPass("keep one number", keepOneNumber),
    ShrinkPass("lower duplicates", lowerDuplicates),
    ShrinkPass("halve values", halveValues),
    ShrinkPass("lower and delete", lowerAndDelete),
    ShrinkPass("lower a count", lowerCounts),
    ShrinkPass("lower together", lowerTogether),
    ShrinkPass("redistribute", redistribute),
    ShrinkPass("lower values", lowerValues),
    ShrinkPass("delete choices", deleteChoices),
    ShrinkPass("delete pairs of spans", deletePairs),
    ShrinkPass("delete and renumber", deleteAndRenumber),
    ShrinkPass("reorder spans", reorderSpans),
    ShrinkPass("move spans forward", moveForward),
    ShrinkPass("exchange spans", exchangeSpans),
    ShrinkPass("exchange numbers", exchangeNumbers),
    ShrinkPass("step past gaps", stepPastGaps),
  ]
}
