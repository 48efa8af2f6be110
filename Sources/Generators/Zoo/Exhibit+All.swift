extension Exhibit {
  /// All of them.
  package static let all =
    [
      counter, checkThenAct, doubleChecked, cacheFilledTwice, transferHalfway, sequenceLock,
      lostWakeUp, ifInsteadOfWhile, oneCondition,
      permitGivenTwice, permitNotHeld, permitOfCancelled,
      twoLocks, philosophers, upgrade, upgradeInTwo, ticketLock,
      stackReusesNode, queueWithoutHelp, dequeTakenTwice, listWithoutValidation,
      freedTooEarly, hazardUnchecked, countRevived, driverStopped,
    ] + reorder + twoStage + wrongLock
}
