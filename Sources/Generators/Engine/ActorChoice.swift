/// What number an actor is chosen by, among those that could run: "stay" is 0.
enum ActorChoice {
  /// The actor of a choice: 0 is the current one if it can run, the others follow in order.
  static func actor(_ pick: Int, among bits: UInt64, _ mine: UInt64) -> Int {
    var pick = pick
    if mine != 0 {
      if pick == 0 { return mine.trailingZeroBitCount }
      pick -= 1
    }
    var rest = bits & ~mine
    for _ in 0..<pick { rest &= rest &- 1 }
    return rest.trailingZeroBitCount
  }

  /// The number under which an actor is chosen.
  static func number(of actor: Int, among bits: UInt64, _ mine: UInt64) -> UInt64 {
    let chosen: UInt64 = 1 << UInt64(actor)
    if chosen == mine { return 0 }
    let below = (bits & ~mine & (chosen - 1)).nonzeroBitCount
    return UInt64(below + (mine == 0 ? 0 : 1))
  }
}
