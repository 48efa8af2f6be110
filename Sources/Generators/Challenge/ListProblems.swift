/// The problems about lists, with the generators of their definitions.
extension ChallengeProblem {
  private static var integers: Generator<[Int]> { .arrays(of: .any) }

  /// "Every list is its own reverse."
  public static var reverse: ChallengeProblem {
    ChallengeProblem("reverse", ideals: ["[0, 1]"], integers) { list in
      list.reversed() == list ? .passes : .fails
    }
  }

  /// "No list has three distinct elements."
  public static var distinct: ChallengeProblem {
    ChallengeProblem("distinct", ideals: ["[0, 1, -1]", "[0, 1, 2]"], integers) { list in
      Set(list).count < 3 ? .passes : .fails
    }
  }

  /// "The lengths of the lists in a list add up to at most 10."
  public static var nestedLists: ChallengeProblem {
    let ideal = "[[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]"
    return ChallengeProblem("nestedlists", ideals: [ideal], .arrays(of: integers)) { lists in
      lists.reduce(0) { $0 + $1.count } <= 10 ? .passes : .fails
    }
  }

  /// "The lists in a list have at most four distinct elements."
  public static var largeUnionList: ChallengeProblem {
    ChallengeProblem(
      "large_union_list", ideals: ["[[0, 1, -1, 2, -2]]"], .arrays(of: integers)
    ) { lists in
      lists.reduce(into: Set<Int>()) { $0.formUnion($1) }.count <= 4 ? .passes : .fails
    }
  }

  /// "In a list of indices into itself, none leads to another that leads back."
  public static var coupling: ChallengeProblem {
    ChallengeProblem(
      "coupling", ideals: ["[1, 0]"],
      Generator<[Int]>.arrays(of: .integers(in: 0...10))
    ) { list in
      guard list.allSatisfy(list.indices.contains) else { return .discarded }
      let hasCycle = list.indices.contains { $0 != list[$0] && list[list[$0]] == $0 }
      return hasCycle ? .fails : .passes
    }
  }

  /// "If each of five lists adds up to less than 256, together they add up to less than 5 · 256",
  /// in 16 bits.
  public static var bound5: ChallengeProblem {
    let list = Generator<[Int16]>.arrays(of: .any, count: 0...10)
    return ChallengeProblem(
      "bound5", ideals: ["[[], [], [], [-1], [-32768]]"],
      Generator<[[Int16]]>.arrays(of: list, count: 5...5)
    ) { lists in
      let sums = lists.map { $0.reduce(0, &+) }
      guard sums.allSatisfy({ $0 < 256 }) else { return .discarded }
      return sums.reduce(0, &+) < 5 * 256 ? .passes : .fails
    }
  }

  /// "After an element is removed from a list, the list does not contain it."
  public static var deletion: ChallengeProblem {
    let pairs = Generator<[Int]>.arrays(of: .any, count: 1...50).then { list in
      Generator<Int>.element(of: list).map { (list, $0) }
    }
    return ChallengeProblem("deletion", ideals: ["([0, 0], 0)"], pairs) { list, element in
      var rest = list
      if let index = rest.firstIndex(of: element) { rest.remove(at: index) }
      return rest.contains(element) ? .fails : .passes
    }
  }

  /// "In a list of a length drawn before it, the largest element is below 900."
  public static var lengthList: ChallengeProblem {
    let lists = Generator<Int>.integers(in: 1...100).then { length in
      Generator<[Int]> { source in
        var list: [Int] = []
        for _ in 0..<length { list.append(try source.draw(.integers(in: 0...1000))) }
        return list
      }
    }
    return ChallengeProblem("lengthlist", ideals: ["[900]"], lists) { list in
      list.allSatisfy { $0 < 900 } ? .passes : .fails
    }
  }

  /// "A list of numbers up to 100 adds up to less than 250."
  public static var sumOf250: ChallengeProblem {
    ChallengeProblem(
      "sum >= 250", ideals: ["[50, 100, 100]"],
      Generator<[Int]>.arrays(of: .integers(in: 0...100))
    ) { list in
      list.reduce(0, +) < 250 ? .passes : .fails
    }
  }
}
