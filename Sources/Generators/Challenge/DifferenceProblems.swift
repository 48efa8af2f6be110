/// The three problems about the difference of two positive integers.
extension ChallengeProblem {
  private static var pairs: Generator<(Int, Int)> {
    Generator { source in
      let first = try source.draw(.integers(in: 1...Int(Int32.max)))
      return (first, try source.draw(.integers(in: 1...Int(Int32.max))))
    }
  }

  /// "No two numbers are equal", unless the first is below 10.
  public static var differenceZero: ChallengeProblem {
    ChallengeProblem("difference zero", ideals: ["(10, 10)"], pairs) { first, second in
      first >= 10 && first == second ? .fails : .passes
    }
  }

  /// "No two numbers are one to four apart", unless the first is below 10.
  public static var differenceSmall: ChallengeProblem {
    ChallengeProblem("difference small", ideals: ["(10, 6)"], pairs) { first, second in
      first >= 10 && (1...4).contains(abs(first - second)) ? .fails : .passes
    }
  }

  /// "No two numbers are one apart", unless the first is below 10.
  public static var differenceOne: ChallengeProblem {
    ChallengeProblem("difference one", ideals: ["(10, 9)"], pairs) { first, second in
      first >= 10 && abs(first - second) == 1 ? .fails : .passes
    }
  }
}
