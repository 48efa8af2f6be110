/// Where an execution stood when a law was first seen broken.
struct Breach: Hashable {
  /// Who broke it; the number after the last CPU is the worker's.
  let actor: Int
  /// Which of its commands it ran.
  let command: Int
  /// The next point it came to; nil if it came to none.
  let point: SwitchPoint?
}
