import IOVA

/// What one run of a workload on a fresh domain took, decided and counted.
struct BenchRun: Sendable {
  /// From the clock's start to its end.
  var elapsed: Duration
  var checksum: Checksum
  var counts: [BenchResult.Count] = []
}

extension IOVADomain {
  /// A fresh domain whose trim workers run only when the workload advances the clock.
  static func forBench(cpus: Int, _ revision: Revision) throws(OutOfMemory) -> IOVADomain {
    var configuration = DomainConfiguration()
    configuration.revision = revision
    return try IOVADomain(on: Machine(cpus: cpus, clock: .virtual), configuration)
  }
}

extension AddressLimit {
  /// The last pfn below 4 GiB, at a granule of 4 KiB.
  static var limit32: AddressLimit { AddressLimit(PFN(0xFFFFF)) }
  /// The last pfn below 2^48 bytes, at a granule of 4 KiB.
  static var limit64: AddressLimit { AddressLimit(PFN(0xF_FFFF_FFFF)) }
}

extension TreeCounters {
  /// Requests that reached the tree, including failed ones and retries.
  var requests: UInt64 { allocations + failures + shortcuts }
}
