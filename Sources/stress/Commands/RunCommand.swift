import Generators

/// `stress run`: hammers the allocator with generated programs and checks the laws.
enum RunCommand {
  /// Makes sure that results can be saved, prints the seed, then runs.
  static func run(_ options: RunOptions) -> ExitStatus {
    do throws(UsageError) {
      try checkDestinations(of: options)
    } catch {
      return Stress.misuse(error.message)
    }
    if options.failsEach, options.mode == .free, options.threads > 1 {
      return Stress.misuse("--fail-each: threads ask for memory in an order that does not repeat")
    }
    Stress.warn(options.idle)
    let seed = Seed(options.seed ?? ClockSeed.now())
    Output.standard.line("seed \(seed)")
    return Campaign(RunPlan(options, seed: seed)).run()
  }

  /// After eight hours it is too late to learn that nothing can be saved.
  private static func checkDestinations(of options: RunOptions) throws(UsageError) {
    if let cases = options.cases {
      do throws(FileError) { try Folder.checkWritable(cases) } catch {
        throw UsageError(error.message).found(in: "--cases")
      }
    }
    if let timeline = options.timeline { try checkTimeline(timeline) }
    if let json = options.json {
      do throws(FileError) { try AtomicFile.checkWritable(json) } catch {
        throw UsageError(error.message).found(in: "--json")
      }
    }
  }

  static func checkTimeline(_ path: String) throws(UsageError) {
    do throws(FileError) { try AtomicFile.checkWritable(path) } catch {
      throw UsageError(error.message).found(in: "--timeline")
    }
  }
}
