import Generators
import IOVA
import Invariants
import Testing

@Suite struct `A CPU without commands` {
  /// The first CPU runs nothing but what comes before all CPUs start.
  private static let text = """
    stress case, version 2
    program: stress 1.0
    expect: broken
    law: guardsAreHeld
    evidence: cpu1 does not hold depot at fetched
    revision: current
    faults: UnlockedRefill
    cpus: 2
    start: 0x1
    boundary: 0x2
    magazine: 1
    depot: 1
    credit: all
    mode: controlled
    dma: 24 slab coherent; default pci
    commands:
    in order: cpu0: a0 = allocate(1, below: 0x3)
    in order: cpu0: a1 = allocateFast(1, below: 0x3)
    in order: cpu0: a2 = map(1, rw, device: 0)
    in order: cpu0: freeFast(a0)
    in order: cpu0: freeFast(a1)
    in order: cpu0: unmap(a2)
    cpu1: a3 = allocateFast(1, below: 0x3)
    schedule:
    cpu0 to its end
    end

    """

  private func replay(_ text: String) throws -> CaseReplay {
    let file = try ProgramCase(text)
    let others = Set(Law.all.filter { $0.name != file.finding.law })
    let book = LawBook(isSequential: false, cpus: 2, except: others)
    return CaseReplay(file, on: ControlledRun(cpus: 2, book))
  }

  @Test func `takes its own turn, not that of the one that has some`() throws {
    #expect(try replay(Self.text).verdict == .exact)
    #expect(
      try replay(Self.text.replacing("cpu0 to its end", with: "cpu1 to its end")).verdict == .exact)
  }
}
