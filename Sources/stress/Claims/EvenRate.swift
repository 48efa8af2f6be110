/// Calls spread evenly over virtual time.
struct EvenRate {
  let perSecond: Int
  let seconds: Int

  var calls: Int { perSecond * seconds }

  /// How long a timer of so many ms takes that the first call after its end arms anew.
  func period(of timeout: Int) -> Int {
    let interval = max(1, 1000 / perSecond)
    return (timeout + interval - 1) / interval * interval
  }

  /// Flushes of a queue with a timer: in each of its periods one by time, and one for each time
  /// that the queue is full before.
  func flushes(capacity: Int, timeout: Int) -> Int {
    let period = period(of: timeout)
    let callsInPeriod = max(1, perSecond * period / 1000)
    return seconds * 1000 * ((callsInPeriod - 1) / capacity + 1) / period
  }

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
