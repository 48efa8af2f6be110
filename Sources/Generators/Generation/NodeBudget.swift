/// How many nodes a recursive value is drawn towards, and how many its parts may have.
///
/// A part gets everything that is left, or any share of it. What it does not use, because of the
/// depth limit, is left to the next; what it uses beyond its share is taken from the next.
struct NodeBudget {
  /// The target is below two to this power; the parts of a branch already open come on top.
  static let magnitudes: UInt64 = 10

  private let around: Int?
  private let isOutermost: Bool
  private var share: Int?

  init(around: Int?, isOutermost: Bool) {
    self.around = around
    self.isOutermost = isOutermost
  }

  /// Asked only if the choice is fresh.
  mutating func allowsBranch(_ random: inout SplitMix64) -> Bool {
    let nodes: Int
    if let around, !isOutermost {
      let isAll = random.next(below: 2) == 0
      nodes = around <= 1 || isAll ? around : 1 + Int(random.next(below: UInt64(around)))
    } else {
      let magnitude: UInt64 = 1 << random.next(below: Self.magnitudes)
      nodes = Int(magnitude + random.next(below: magnitude))
    }
    share = nodes
    return nodes > 1
  }

  /// What is left for the parts; `nil` if nothing was drawn.
  var inside: Int? { share.map { $0 - 1 } }

  /// What is left outside, once the parts have left `rest` of what they had.
  func outside(leaving rest: Int?) -> Int? {
    guard let around, !isOutermost else { return around }
    guard let share, let rest else { return around - 1 }
    return around - (share - rest)
  }
}
