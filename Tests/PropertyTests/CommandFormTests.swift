import Generators
import IOVA
import Testing

@Suite struct `A command` {
  @Test(arguments: CommandForm.all)
  func `of any kind is read as it was written, with the outermost values`(
    form: CommandForm
  ) throws {
    #expect(!form.examples.isEmpty)
    for action in form.examples {
      let text = "\(Command(action, on: CPU(0)))"
      #expect(CommandForm.read(text[...], cpus: 1) == action, "\(text)")
      // Nothing is left over, and nothing is missing.
      #expect(CommandForm.read("\(text) "[...], cpus: 1) == nil, "\(text)")
      #expect(CommandForm.read(text.dropLast(), cpus: 1) == nil, "\(text)")
      #expect(CommandForm.read(text.dropLast() + ", 1)", cpus: 1) == nil, "\(text)")
    }
  }

  @Test func `has a name of its own`() {
    #expect(Set(CommandForm.all.map(\.name)).count == CommandForm.all.count)
  }

  @Test func `that was drawn is read as it was written, and each kind is drawn`() {
    var unseen = Set(CommandForm.all.map(\.name))
    for workload in Workload.all {
      let generator = ProgramGenerator(workload, length: 64)
      for seed in 0..<64 as Range<UInt64> {
        var source = ChoiceSource(seed: Seed(seed))
        let program = generator.draw(from: &source)
        for command in program.commands {
          var text = "\(command)"[...]
          if command.isStarved { text = text.dropLast(" starved".count) }
          let action = CommandForm.read(text, cpus: program.settings.cpus)
          #expect(action == command.action, "\(text) of seed \(seed)")
          unseen = unseen.filter { !text.hasPrefix($0 + "(") && !text.contains(" \($0)(") }
        }
      }
    }
    #expect(unseen.isEmpty)
  }
}
