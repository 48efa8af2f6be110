import IOVA

/// I-ANSWER: what callers are told is compared with the models once the call is over.
extension LawBook {
  /// Judges the answer of a call that has just returned.
  ///
  /// - Parameter isShort: whether memory was refused during the call, so that it may have failed.
  package func judge(_ reply: DomainReply, isShort: Bool, on cpu: CPU) {
    guard let domain, diligence != .atRest, !isBroken else { return }
    meters[cpu].pointee.checks &+= 1
    switch reply {
    case .found(let pfn, let range): judgeFound(pfn, range)
    case .reserved(let range, let isDone), .copied(let range, let isDone):
      let fits = range.hi <= domain.configuration.highestPFN
      judge(isDone, expecting: fits && !isShort, "reserving \(range)")
      if isDone, !ledger.isOverflowed, !ledger.isReserved(PFNRange(range.lo, pages: 1)) {
        broken(.answersAreRight, "\(range) is reported as reserved, but is not")
      }
      if case .copied = reply, isDone { meters[cpu].pointee.reached(.reservationsCopied) }
    case .split(let part, let isDone): judgeSplit(part, isDone, isShort)
    case .startedDeferring(let isDone):
      judgeDeferring(isDone, isShort, domain)
      if isDone { expectPassed(.modeChange, by: "deferring is begun", meters[cpu]) }
    case .stoppedDeferring: judgeMode(false, domain)
    case .mapped(let pages, let pfn):
      if let pfn { judgeModel(PFNRange(pfn, pages: pages), .mapped, "mapped") }
    case .unmappedPart(let part, let pages):
      if pages > 0 { judgeModel(PFNRange(part.lo, pages: pages), .unmapped, "unmapped") }
      if pages < part.pages {
        let rest = PFNRange(PFN(part.lo.raw &+ pages), through: part.hi)
        judgeModel(rest, .mapped, "still mapped")
      }
    case .accessed(let pfn, let found): judgeAccess(pfn, found)
    case .mappedAgain(let pfn, let failure): judgeSecondMapping(pfn, failure, domain)
    case .starved(let isStarved): starved(isStarved, cpu, meters[cpu])
    }
  }

  private func judge(_ isDone: Bool, expecting expected: Bool, _ what: @autoclosure () -> String) {
    if isDone == expected { return }
    broken(
      .answersAreRight,
      "\(what()) is reported to have \(isDone ? "succeeded" : "failed"), but should have "
        + (expected ? "succeeded" : "failed"))
  }

  private func judgeFound(_ pfn: PFN, _ range: PFNRange?) {
    if let range, !range.contains(pfn) {
      broken(.answersAreRight, "\(pfn) was looked up, and the answer is \(range)")
    }
    guard let reference, reference.holder(of: pfn) != range else { return }
    broken(
      .answersAreRight,
      "\(pfn) was looked up, and the answer is \(range.map { "\($0)" } ?? "nothing")")
  }

  /// Sequential runs only: afterwards the part is in no range, or nothing has changed.
  private func judgeSplit(_ part: PFNRange, _ isDone: Bool, _ isShort: Bool) {
    guard let reference else { return }
    let holder = reference.holder(of: part.lo)
    let needsMemory = holder != part
    if isDone {
      if let holder { broken(.answersAreRight, "\(part) is reported as cut out of \(holder)") }
    } else if !isShort || !needsMemory, let holder, holder.hi >= part.hi {
      broken(.answersAreRight, "\(part) is reported as not cut out, but \(holder) contains it")
    }
  }

  // MARK: The mode

  private func judgeDeferring(_ isDone: Bool, _ isShort: Bool, _ domain: IOVADomain) {
    guard isSequential else { return }
    judge(isDone, expecting: facts.defers && !isShort, "deferring invalidations")
    judgeMode(isDone || isDeferring, domain)
  }

  /// Sequential runs only: unmappings do what was last asked for.
  private func judgeMode(_ expected: Bool, _ domain: IOVADomain) {
    guard isSequential else { return }
    isDeferring = expected && facts.defers
    if domain.defersInvalidations == isDeferring { return }
    broken(
      .answersAreRight,
      "unmappings \(isDeferring ? "invalidate at once" : "are deferred"), but should "
        + (isDeferring ? "be deferred" : "invalidate at once"))
  }

  // MARK: Devices

  /// Checks both ends of a range about which its owner was told something.
  private func judgeModel(
    _ range: PFNRange, _ expected: TranslationModel.Certainty, _ what: StaticString
  ) {
    guard let model = translations, range.hi.raw < TranslationModel.pages else { return }
    for page in [range.lo, range.hi] where model[page.raw].certainty != expected {
      broken(
        .answersAreRight,
        "\(range) is reported as \(what), but \(page) is \(model[page.raw].certainty)")
    }
  }

  private func judgeAccess(_ pfn: PFN, _ found: PageTranslation?) {
    guard isSequential, let model = translations, pfn.raw < TranslationModel.pages else { return }
    if !model[pfn.raw].permits(found) {
      broken(.devicesReachTheirPages, "the answer to an access to page \(pfn) is wrong")
    }
  }

  /// Rule 94: a page that a walk finds must not be mapped again.
  private func judgeSecondMapping(_ pfn: PFN, _ failure: MapFailure?, _ domain: IOVADomain) {
    guard failure != .exists, domain.iommu?.walk(pfn) != nil else { return }
    let answer = failure.map { "is refused for another reason, \($0.rawValue)" }
    broken(
      .walksAgreeWithTheModel, "a second mapping of page \(pfn) \(answer ?? "succeeds")")
  }
}
