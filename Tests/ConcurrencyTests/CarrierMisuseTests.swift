import Generators
import Testing

/// Each in a process of its own, since it ends it.
@Suite struct `A carrier refuses` {
  @Test(arguments: CarrierKind.available.map(\.rawValue))
  func `a hand-over from a CPU to itself`(kind: String) async {
    await #expect(processExitsWith: .failure) { [kind = kind as String] in
      Misuse(kind).run(body: { $0.handOver(from: $1, to: $1) }, successor: { 1 - $0 })
    }
  }

  @Test(arguments: CarrierKind.available.map(\.rawValue))
  func `a hand-over to a CPU that has returned`(kind: String) async {
    await #expect(processExitsWith: .failure) { [kind = kind as String] in
      Misuse(kind).run(
        body: { if $1 == 1 { $0.handOver(from: 1, to: 0) } }, successor: { 1 - $0 })
    }
  }

  @Test(arguments: CarrierKind.available.map(\.rawValue))
  func `a hand-over to a CPU that is none`(kind: String) async {
    await #expect(processExitsWith: .failure) { [kind = kind as String] in
      Misuse(kind).run(body: { $0.handOver(from: $1, to: 2) }, successor: { 1 - $0 })
    }
  }

  @Test(arguments: CarrierKind.available.map(\.rawValue))
  func `to leave a CPU behind`(kind: String) async {
    await #expect(processExitsWith: .failure) { [kind = kind as String] in
      Misuse(kind).run(body: { _, _ in }, successor: { _ in nil })
    }
  }

  @Test(arguments: CarrierKind.available.map(\.rawValue))
  func `an execution within an execution`(kind: String) async {
    await #expect(processExitsWith: .failure) { [kind = kind as String] in
      Misuse(kind).run(
        body: { carrier, _ in carrier.run(1, first: 0, body: { _ in }, successor: { _ in nil }) },
        successor: { 1 - $0 })
    }
  }
}

private struct Misuse {
  private let carrier: any Carrier

  init(_ kind: String) { carrier = (CarrierKind(rawValue: kind) ?? .dispatch).carrier(cpus: 3) }

  /// Runs two CPUs.
  func run(body: @escaping (any Carrier, Int) -> Void, successor: @escaping (Int) -> Int?) {
    carrier.run(2, first: 0, body: { body(carrier, $0) }, successor: successor)
  }
}
