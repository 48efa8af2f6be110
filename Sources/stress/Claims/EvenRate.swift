/// Calls spread evenly over virtual time.
struct EvenRate {
  let perSecond: Int
  let seconds: Int

  /// Has `tick` move time on by each ms once all calls of that ms were made; `call` gets the number
  /// of calls before it.
  func run(_ call: (Int) -> Void, tick: () -> Void) {
    var calls = 0
    for millisecond in 1...seconds * 1000 {
      while calls < perSecond * millisecond / 1000 {
        call(calls)
        calls += 1
      }
      tick()
    }
  }
}
