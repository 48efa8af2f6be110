/// Calls spread evenly over virtual time.
struct EvenRate {
  let perSecond: Int
  let seconds: Int

  var calls: Int { perSecond * seconds }

  /// The period of a timer of `timeout` ms that the first call after its end arms again.
  func period(of timeout: Int) -> Int {
    let interval = max(1, 1000 / perSecond)
    return (timeout + interval - 1) / interval * interval
  }

  /// Flushes of a queue with a timer: in each period one by time, and one for each time that the
  /// queue fills up before.
  func flushes(capacity: Int, timeout: Int) -> Int {
    let period = period(of: timeout)
    let callsInPeriod = max(1, perSecond * period / 1000)
    return seconds * 1000 * ((callsInPeriod - 1) / capacity + 1) / period
  }

  /// Calls `tick` once all calls of a ms were made; `call` gets the number of calls before it.
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
