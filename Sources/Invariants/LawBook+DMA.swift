import IOVA

/// The laws of page tables, of what hardware remembers, and of devices.
extension LawBook {
  @inline(never)
  func heardOfDMA(_ event: DomainEvent, _ domain: IOVADomain, _ cpu: CPU, _ meter: MeterRef) {
    guard case .dma(let event) = event, let iommu = domain.iommu, let model = translations else {
      return
    }
    switch event {
    case .requested(let request):
      noteMemory(domain, iommu, meter)
      meter.pointee.shadowWasFull = false
      meter.pointee.mask = masks.reading(of: request.device, request.mask)
    case .settingMask(let mask, let device, let kind): masks.begin(mask, device, kind)
    case .maskSet(let device, let kind):
      expectPassed(.maskChange, by: "a mask is set", meter)
      masks.end(device, kind)
      meter.pointee.reached(.maskSet)
    case .mapping(let range, let output, let protection):
      judgeUntaken(range, model)
      model.begin(range, output, protection.effective(iommu.table.configuration.quirks))
    case .shadowIsFull:
      expectPassed(.shadowRefresh, by: "a hypervisor has no resources", meter)
      meter.pointee.shadowWasFull = true
      meter.pointee.reached(.shadowWasFull)
    case .mapped(let range, let request, let calls):
      mapped(range, request, domain, iommu, model, meter)
      judgeCalls(calls, range)
    case .mapFailed(let request):
      if request.protection.permitsAccess { mapFailed(request, domain, iommu, model, meter) }
    case .clearing(let range): model.change(range, from: .mapped, to: .goes)
    case .cleared(let range, let gathered, let isDeferred):
      judgeWalks(range, iommu, model, meter)
      judgeGathered(range, gathered, isDeferred: isDeferred, model)
    case .clearingPart(let part):
      noteMemory(domain, iommu, meter)
      if isSequential { groupsSplit = iommu.table.groupsSplit }
      model.change(part, from: .mapped, to: .goes)
    case .clearedPart(let part, let pages, let gathered):
      clearedPart(part, pages, domain, iommu, model, meter)
      let gone = pages > 0 ? PFNRange(part.lo, pages: pages) : nil
      judgeGathered(gone, gathered, isDeferred: pages == 0, model)
    case .forgotten(let range): forgotten(range, iommu, model, meter)
    case .stalled(let range):
      broken(.searchIsBounded, "mapping \(range) got nowhere, and said that it succeeded")
    case .triedLow(let device):
      meter.pointee.tally.lowAttempts &+= 1
      if domain.configuration.dma?.devices[device].forcesWideAddresses == true {
        broken(.limitsAreKept, "device \(device) forces wide addresses, and 32-bit ones are tried")
      }
    case .mappedAgain(let pfn): judgeWalk(pfn, iommu, model)
    case .accessing(let pfn):
      meter.pointee.accessed = model.word(pfn.raw)
      meter.pointee.isAccessing = true
    case .accessed(let pfn, let found): judgeAccess(pfn, found, model, meter)
    case .table(let event): heardOfTable(event, iommu)
    }
  }

  private func heardOfTable(_ event: TableEvent, _ iommu: IOMMU) {
    if case .stored(let store) = event {
      if let evidence = EntryLaws.misshapen(store) { broken(.tablesAreWellFormed, evidence) }
      return
    }
    if let violation = tableGhost.note(event) { broken(violation.law, violation.evidence) }
    if case .flushEnded(let range) = event { judgeFlushed(range, iommu) }
    guard case .linked(let table, _) = event else { return }
    let bits: UInt64 =
      iommu.table.configuration.quirks.contains(.extendedTables) ? 35 : 32
    if table.raw >> bits != 0 {
      broken(
        .tablesAreAccounted, "a table lies at \(table), and an address of it has \(bits) bits")
    }
    if table.raw & (TableLevel.secondLevelBytes - 1) != 0 {
      broken(
        .tablesAreWellFormed, "the table at \(table) does not begin at a multiple of 1 KiB")
    }
  }

  /// What was invalidated is forgotten; with several CPUs others may have mapped anew meanwhile.
  private func judgeFlushed(_ range: DMARange, _ iommu: IOMMU) {
    guard isSequential, !iommu.isShadowed, let remnant = iommu.remnant(in: range) else { return }
    switch remnant {
    case .translation(let pfn):
      broken(
        .tablesOutliveWalks, "hardware remembers a translation of \(pfn) after an invalidation")
    case .walk(let mebibyte):
      broken(
        .tablesOutliveWalks,
        "hardware remembers a walk through MiB \(mebibyte) after an invalidation")
    }
  }

  // MARK: Mapping

  /// What is written next was forgotten by hardware and its last owner.
  private func judgeUntaken(_ range: PFNRange, _ model: TranslationModel) {
    for page in [range.lo, range.hi] where page.raw < TranslationModel.pages {
      let certainty = model[page.raw].certainty
      if certainty != .unmapped {
        broken(.nothingStaleIsReused, "page \(page) is mapped anew, and is still \(certainty)")
      }
    }
  }

  private func mapped(
    _ range: PFNRange, _ request: MapRequest, _ domain: IOVADomain, _ iommu: IOMMU,
    _ model: TranslationModel, _ meter: MeterRef
  ) {
    expectPassed(.maskRead, by: "a range is mapped", meter)
    model.change(range, from: .comes, to: .mapped)
    let largest = BlockSize.supersection.pages
    if range.pages >= largest,
      model.block(of: PFN(range.hi.raw & ~(largest - 1))).pages == largest
        || model.block(of: PFN((range.hi.raw & ~(largest - 1)) - 1)).pages == largest
    {
      meter.pointee.reached(.largestBlockMapped)
    }
    if let dma = domain.configuration.dma,
      case (let device, let kind) = (request.device, request.mask),
      let mask = masks.highest(of: device, kind, since: meter.pointee.mask)
    {
      let limit = min(mask, dma.aperture)
      if kind == .coherent { meter.pointee.reached(.coherentAllocated) }
      if range.hi == limit, dma.devices[device].part > 0 { meter.pointee.reached(.limitInsidePage) }
      if range.hi > limit {
        let memory = kind == .coherent ? " of coherent memory" : ""
        broken(
          .limitsAreKept, "device \(device) is given \(range)\(memory), and reaches up to \(limit)")
      }
    }
    judgeWalks(range, iommu, model, meter)
  }

  /// A range is invalidated, and freed next.
  private func forgotten(
    _ range: PFNRange, _ iommu: IOMMU, _ model: TranslationModel, _ meter: MeterRef
  ) {
    if model[range.lo.raw].certainty == .goes {
      meter.pointee.reached(.unmappedStrictly)
      expectPassed(.translationsCleared, by: "a range is forgotten", meter)
    }
    model.forget(range)
    if iommu.table.configuration.buffersStores { judgeWalks(range, iommu, model, meter) }
  }

  // MARK: Parts

  /// I-PART: what reaches out of the part stays, and stays mapped to the same.
  private func clearedPart(
    _ part: PFNRange, _ pages: UInt64, _ domain: IOVADomain, _ iommu: IOMMU,
    _ model: TranslationModel, _ meter: MeterRef
  ) {
    let gone = pages > 0 ? PFNRange(part.lo, pages: pages) : nil
    for rest in part.pieces(without: gone) { model.change(rest, from: .goes, to: .mapped) }
    meter.pointee.reached(.partUnmapped)
    guard part.hi.raw < TranslationModel.pages, isDue(meter) else { return }
    let around = PFNRange(model.block(of: part.lo).lo, through: model.block(of: part.hi).hi)
    let splits = splits(iommu)
    if around != part { meter.pointee.reached(splits ? .blockSplit : .partRefused) }
    if isSequential { judgeSplits(part, around, iommu) }
    judge(
      .partsGoAsTheReleaseDoes,
      splits
        ? partLeft(part, pages, isShort: lacksMemory(.atomic, domain, iommu, meter))
        : partTaken(part, pages, model))
    judgeWalks(around, iommu, model, meter)
    judgeWalks(part, iommu, model, meter)
  }

  /// Where blocks are split, only memory can be wanting.
  private func partLeft(_ part: PFNRange, _ pages: UInt64, isShort: Bool) -> String? {
    pages == part.pages || isShort
      ? nil : told("of \(part) \(pages) pages were unmapped, and memory was not refused")
  }

  /// Where they are not, whole blocks go up to the first that reaches out of the part.
  private func partTaken(_ part: PFNRange, _ pages: UInt64, _ model: TranslationModel) -> String? {
    var next = part.lo
    while next <= part.hi {
      let block = model.block(of: next)
      if block.lo < part.lo || block.hi > part.hi { break }
      next = PFN(block.hi.raw + 1)
    }
    let expected = next.raw - part.lo.raw
    return pages == expected
      ? nil : told("of \(part) \(pages) pages were unmapped, and whole blocks are \(expected)")
  }

  /// What a call that begins may be refused from now on.
  private func noteMemory(_ domain: IOVADomain, _ iommu: IOMMU, _ meter: MeterRef) {
    meter.pointee.mapRefusals = domain.memoryRefusals
    if isSequential {
      growthRefusals = iommu.table.tables.restingCounts.refusedGrowths
    }
  }

  /// Whether a call was refused memory; by a pool only where it may not grow, and only if all its
  /// tables were in use at once (I8f).
  private func lacksMemory(
    _ context: MemoryContext, _ domain: IOVADomain, _ iommu: IOMMU, _ meter: MeterRef
  ) -> Bool {
    if domain.memoryRefusals != meter.pointee.mapRefusals { return true }
    guard isSequential else { return false }
    let counts = iommu.table.tables.restingCounts
    guard counts.refusedGrowths != growthRefusals else { return false }
    let bytes = counts.peakLive * Int(TableLevel.secondLevelBytes)
    if context == .maySleep || bytes < counts.bytesHeld {
      broken(
        .failureAfterFlushIsJustified,
        "a pool of \(counts.bytesHeld.of("byte")) refuses a table, "
          + (context == .maySleep ? "and may grow" : "\(counts.peakLive) were in use at most"))
    }
    return true
  }

  /// A map got nothing: for want of memory, of a hypervisor's resources, or else of room up to the
  /// device's limit (I8f).
  private func mapFailed(
    _ request: MapRequest, _ domain: IOVADomain, _ iommu: IOMMU, _ model: TranslationModel,
    _ meter: MeterRef
  ) {
    let pages = request.pages
    guard isSequential, !lacksMemory(request.context, domain, iommu, meter),
      let dma = domain.configuration.dma
    else { return }
    if meter.pointee.shadowWasFull { return judgeShadow(pages, dma, model) }
    let limit = min(masks.reading(of: request.device, request.mask).highest, dma.aperture)
    judgeFailure(granted(pages), AddressLimit(limit), true, flushed: true)
  }

  /// I8f, of a hypervisor that is to copy what is mapped, and nothing else.
  private func judgeShadow(_ pages: UInt64, _ dma: DMAConfiguration, _ model: TranslationModel) {
    guard let limit = dma.shadow, dma.aperture.raw < TranslationModel.pages else { return }
    let mapped = model.mapped
    if mapped + Int(pages) <= limit {
      broken(
        .failureAfterFlushIsJustified,
        "a map of \(pages.of("page")) fails for want of a hypervisor's resources; it has "
          + "\(limit), and \(mapped.of("page")) mapped")
    }
  }

  /// I19: what a walk finds for pages of a range, at most 16 of them, the ends included.
  private func judgeWalks(
    _ range: PFNRange, _ iommu: IOMMU, _ model: TranslationModel, _ meter: MeterRef
  ) {
    guard isDue(meter) else { return }
    let step = max(1, (range.pages - 1) / 15)
    for page in stride(from: range.lo.raw, through: range.hi.raw, by: Int(step)) {
      judgeWalk(PFN(page), iommu, model)
    }
    judgeWalk(range.hi, iommu, model)
  }

  func judgeWalk(_ pfn: PFN, _ iommu: IOMMU, _ model: TranslationModel) {
    guard let (page, mayLag) = judgePage(pfn, iommu.walk(pfn), iommu, model) else { return }
    let expected = page.certainty == .mapped ? page.translation : nil
    if let expected, !splits(iommu), let size = iommu.table.leaf(at: address(pfn))?.size,
      size != page.size
    {
      return broken(
        .walksAgreeWithTheModel,
        "page \(pfn) leads to \(expected.output) in a block of \(size), and can in one of "
          + "\(page.size)")
    }
    // Any byte of the page.
    let offset = pfn.raw &* 0x9E5 & (BlockSize.small.bytes - 1)
    let byte = DMAAddress(address(pfn).raw + offset)
    let output = iommu.table.translate(byte)
    if output != expected.map({ $0.output + offset }) {
      return broken(
        .walksAgreeWithTheModel,
        "page \(pfn) should lead to \(text(expected)), iova-to-phys says "
          + (output.map { "\($0)" } ?? "nothing"))
    }
    if !mayLag, iommu.walk(byte) != output {
      broken(
        .walksAgreeWithTheModel,
        "a walk for byte \(offset) of page \(pfn) leads elsewhere than iova-to-phys")
    }
  }

  /// I19: where a walk and a shadow lead for a page.
  ///
  /// - Returns: what is known of the page, and whether the walker may not know that yet; nil if the
  ///   law is broken, or nothing is known.
  @discardableResult
  func judgePage(
    _ pfn: PFN, _ found: PageTranslation?, _ iommu: IOMMU, _ model: TranslationModel
  ) -> (page: TranslationModel.Page, mayLag: Bool)? {
    guard pfn.raw < TranslationModel.pages else { return nil }
    let page = model[pfn.raw]
    let expected = page.certainty == .mapped ? page.translation : nil
    // A clearing may be on its way to the walker until the range is invalidated.
    let mayLag =
      page.certainty == .goes && iommu.table.configuration.buffersStores
      && found == page.translation
    if found != expected, !mayLag {
      broken(
        .walksAgreeWithTheModel,
        "page \(pfn) should lead to \(text(expected)), a walk finds \(text(found))")
      return nil
    }
    if iommu.isShadowed, case let shadowed = iommu.shadowed(pfn), !page.permits(shadowed) {
      broken(
        .walksAgreeWithTheModel,
        "page \(pfn) should lead to \(text(expected)), the hypervisor's shadow leads to "
          + text(shadowed))
      return nil
    }
    return (page, mayLag)
  }

  private func address(_ pfn: PFN) -> DMAAddress { DMAAddress(pfn.raw << BlockSize.small.shift) }

  private func splits(_ iommu: IOMMU) -> Bool {
    iommu.table.configuration.revision.tables.splitsBlocks
  }

  private func text(_ page: PageTranslation?) -> String {
    page.map { "\($0.output) (\($0.protection))" } ?? "nothing"
  }

  // MARK: Hardware

  /// I18; whatever changed during the access may have come before or after it.
  private func judgeAccess(
    _ pfn: PFN, _ found: PageTranslation?, _ model: TranslationModel, _ meter: MeterRef
  ) {
    expectPassed(.deviceAccess, by: "a device accesses a page", meter)
    if !meter.pointee.isAccessing {
      broken(.stepsAreAnnounced, "a device accessed \(pfn), and nobody was told that it begins")
    }
    meter.pointee.isAccessing = false
    guard pfn.raw < TranslationModel.pages else { return }
    let word = model.word(pfn.raw)
    guard word == meter.pointee.accessed, isDue(meter) else { return }
    let page = TranslationModel.page(word)
    meter.pointee.reached(found == nil ? .deviceFaulted : .deviceAccessed)
    if page.certainty == .goes, found != nil {
      meter.pointee.reached(.staleTranslationUsed)
      if TranslationModel.isLeft(word) {
        broken(
          .sharingEndsWithUnmapping,
          "a device accesses page \(pfn) and gets to \(text(found)); its unmapping has returned, "
            + "and a device of its domain shares memory")
      }
    }
    if page.permits(found) { return }
    broken(
      .devicesReachTheirPages,
      "a device accesses page \(pfn) and gets to \(text(found)); it is \(page.certainty)"
        + (page.certainty == .unmapped ? "" : ", and leads to \(text(page.translation))"))
  }

  /// I17, of a range that is handed out.
  @inline(never)
  func judgeForgotten(_ range: PFNRange, _ domain: IOVADomain) {
    guard let remnant = domain.iommu?.remnant(in: DMARange(range)) else { return }
    switch remnant {
    case .translation(let pfn):
      broken(
        .nothingStaleIsReused,
        "\(range) is given to a caller, and hardware remembers a translation of \(pfn)")
    case .walk(let mebibyte):
      broken(
        .nothingStaleIsReused,
        "\(range) is given to a caller, and hardware remembers a table of old for MiB \(mebibyte)")
    }
  }
}
