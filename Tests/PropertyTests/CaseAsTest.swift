import Generators
import IOVA
import Invariants
import Testing

@Test func `nothingAbsentIsUsed breaks`() throws {
  let file = try ProgramCase(
    #"""
    stress case, version 2
    program: stress 1.0
    expect: broken
    law: nothingAbsentIsUsed
    evidence: a range is removed that was freed
    revision: current
    faults: A13
    cpus: 2
    start: 0x1
    boundary: 0x10
    magazine: 1
    depot: 1
    credit: all
    mode: controlled
    commands:
    in order: cpu0: a0 = allocate(1, below: 0xf)
    cpu0: freeShared(a0)
    cpu1: freeShared(a0)
    schedule:
    cpu0 until 1 "freeShared(a0)" has released rangeTree
    cpu1 to its end
    end
    """#)
  // Another law may break earlier; what matters is whether this one does.
  let others = Set(Law.all.filter { $0.name != file.finding.law })
  let cpus = file.program.settings.cpus
  let book = LawBook(isSequential: false, cpus: cpus, except: others)
  let finding = CaseReplay(file, on: ControlledRun(cpus: cpus, book)).finding
  #expect(finding?.law == file.finding.law)
}
