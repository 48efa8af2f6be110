/// What one start of the executable asks for: a command with its parsed options.
enum Invocation {
  case run(RunOptions)
  case trace(TraceOptions)
  case replay(ReplayOptions)
  case list(ListOptions)
  case faults(FaultOptions)
  case prove(ProveOptions)
  case bench(BenchOptions)
  case claims(ClaimsOptions)
  /// Help on one command, or on all of them.
  case help(CommandSyntax?)
  case version
}
