import Generators
import IOVA

/// `stress faults`: lists the faults, or hunts them.
enum FaultsCommand {
  static func run(_ options: FaultOptions) -> ExitStatus {
    guard options.hunts else {
      Stress.warn(options.idle)
      return ListCommands.run(ListOptions(subject: .faults, names: options.names))
    }
    if let json = options.json {
      do throws(FileError) { try AtomicFile.checkWritable(json) } catch {
        return Stress.misuse("--json: \(error.message)")
      }
    }
    let seed = Seed(options.seed ?? ClockSeed.now())
    Output.standard.line("seed \(seed)")
    let named = options.names.compactMap(Fault.named)
    return hunt(named.isEmpty ? Fault.allCases : named, seed, options)
  }

  /// Prints each row as soon as it is known, so that results survive a signal.
  private static func hunt(
    _ faults: [Fault], _ seed: Seed, _ options: FaultOptions
  ) -> ExitStatus {
    Output.standard.line(FaultHunt.table.heading)
    var hunts: [FaultHunt] = []
    for fault in faults where !Signals.endIsRequested {
      let hunt = FaultHunt(fault, seed: seed, time: options.time ?? FaultOptions.defaultTime)
      if Signals.endIsRequested, !hunt.isFound { break }
      hunts.append(hunt)
      Output.standard.line(FaultHunt.table.text(of: hunt.row))
      guard let json = options.json else { continue }
      do throws(FileError) { try AtomicFile.writeJSON(hunts, to: json) } catch {
        return Stress.misuse(error.message)
      }
    }
    let found = hunts.count(where: \.isFound)
    Output.standard.line("\(found) of \(faults.count.of("fault")) found")
    if let signal = Signals.cause { Output.standard.line("ended by \(signal)") }
    return found == faults.count ? .clean : .lawBroken
  }
}
