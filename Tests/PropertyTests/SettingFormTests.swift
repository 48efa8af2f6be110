import Generators
import IOVA
import Invariants
import Testing

@Suite struct `A setting` {
  private static let all = SettingForm.always + SettingForm.sometimes

  @Test(arguments: all)
  func `is written as it was read, and read as it was written, with the outermost values`(
    form: SettingForm
  ) {
    #expect(!form.examples.isEmpty)
    for text in form.examples {
      var settings = ProgramSettings()
      #expect(form.read(text[...], &settings), "\(text)")
      #expect(form.line(settings) == "\(form.name): \(text)")
      #expect(settings.canBeKept, "\(text)")
    }
    for text in ["", "x", "-1", "1 2 3", "18446744073709551616"] {
      var settings = ProgramSettings()
      #expect(!form.read(text[...], &settings), "\(text)")
    }
  }

  @Test func `beyond what is read cannot be kept`() {
    let changes: [(inout ProgramSettings) -> Void] = [
      { $0.cpus = 65 }, { $0.cpus = 0 }, { $0.boundary = 0 }, { $0.magazineCapacity = 1025 },
      { $0.depotBound = 0 }, { $0.initialCredit = -1 }, { $0.refusedRequest = 0 },
      // Without a queue nothing says when unmappings are deferred.
      { $0.defersFromStart = false },
    ]
    for change in changes {
      var settings = ProgramSettings()
      change(&settings)
      #expect(!settings.canBeKept, "\(settings)")
    }
    var devices = ProgramSettings()
    devices.dma = DMASettings()
    #expect(devices.canBeKept)
    // A walker that sees stores late sees them at all.
    devices.dma?.isBuffered = true
    devices.dma?.isCoherent = false
    #expect(!devices.canBeKept)
  }

  @Test func `of a hypervisor that can copy nothing is one like any other`() throws {
    var settings = ProgramSettings()
    settings.dma = DMASettings()
    settings.dma?.shadow = 0
    #expect(settings.canBeKept)
    let program = Program(
      settings,
      [Command(.map(Handle(0), pages: 1, .readWrite, device: 0, shifted: false), on: CPU(0))])
    #expect(SequentialRun(LawBook(isSequential: true, cpus: 1)).run(program) == nil)
  }

  @Test func `of a random program can be kept, in every workload and release`() throws {
    for workload in Workload.all {
      for revision in Revision.all {
        let generator = ProgramGenerator(workload, revision: revision, length: 1)
        for seed in try Rounds(20) {
          var source = ChoiceSource(seed: seed)
          #expect(generator.draw(from: &source).settings.canBeKept, seed.line())
        }
      }
    }
  }
}
