import Generators

/// What the CPUs of one execution have to say, in order; there being only one that runs guards it.
final class CarrierLog<Value> {
  private(set) var cpus: [Int] = []
  private(set) var values: [Value] = []
  private let sanitizer = ThreadSanitizer.ofThisProcess

  func note(_ cpu: Int, _ value: Value) {
    // Nothing that ThreadSanitizer knows of orders the CPUs.
    sanitizer?.pause()
    cpus.append(cpu)
    values.append(value)
    sanitizer?.resume()
  }

  /// What one CPU said.
  func values(of cpu: Int) -> [Value] {
    zip(cpus, values).filter { $0.0 == cpu }.map { $0.1 }
  }
}

extension Carrier {
  /// Runs an execution that is run once.
  func run(
    _ count: Int, first: Int, body: @escaping (Int) -> Void, successor: @escaping (Int) -> Int?
  ) {
    let bodies = CarriedBodies(body: body, successor: successor)
    withExtendedLifetime(bodies) { run(count, first: first, bodies) }
  }
}
