import Generators
import Invariants

/// What was done so far, by one hunt or by all.
struct Tally {
  var rounds = 0
  /// Programs, each counted once however often it was run; and each run, of a program that was
  /// drawn or derived from another, but not those without its faults.
  var programs = 0
  var executions = 0
  /// Requests for memory that were made to fail.
  var refusals = 0
  /// Failures that happened without the faults as well, in the settings that they need.
  var unblamed = 0
  var commands: UInt64 = 0
  var checks: UInt64 = 0
  var milestones: Set<Milestone> = []
  /// What can be claimed after executions that found nothing.
  var claim: BuggyShareClaim

  init(cpus: Int) { claim = BuggyShareClaim(cpus: cpus) }

  static func += (sum: inout Tally, part: Tally) {
    sum.rounds += part.rounds
    sum.programs += part.programs
    sum.executions += part.executions
    sum.refusals += part.refusals
    sum.unblamed += part.unblamed
    sum.commands += part.commands
    sum.checks += part.checks
    sum.milestones.formUnion(part.milestones)
    // Nothing is claimed after runs in order.
    if part.claim.runs > 0 { sum.claim.add(part.claim) }
  }
}
