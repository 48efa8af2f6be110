import Dispatch
import Generators
import IOVA
import Testing

@Suite struct `The one request for memory that is refused` {
  @Test func `is one, also where two CPUs ask at once`() throws {
    let machine = Machine(cpus: 2)
    let domain = try IOVADomain(on: machine)
    let rounds = 5_000
    let barrier = SpinBarrier(parties: 2)
    DispatchQueue.concurrentPerform(iterations: 2) { index in
      let cpu = CPU(index)
      for _ in 0..<rounds {
        barrier.wait { machine.memory.refuse(request: 1) }
        let range = domain.allocate(1, below: AddressLimit(PFN(4_095)), aligned: false, on: cpu)
        if let range { domain.free(range.lo, on: cpu) }
      }
    }
    #expect(machine.memory.refusals == UInt64(rounds))
    domain.teardown(on: CPU(0))
  }
}
