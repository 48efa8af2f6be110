/// What a caller was told, for whoever compares it with what was done.
///
/// The calls that allocate and free tell of themselves (`DomainEvent.ended`); these are the others.
public enum DomainReply: Sendable, Hashable {
  case found(PFN, PFNRange?)
  case reserved(PFNRange, Bool)
  /// What lies lowest and highest of what was to be copied.
  case copied(PFNRange, Bool)
  case split(PFNRange, Bool)
  case startedDeferring(Bool)
  case stoppedDeferring
  case mapped(pages: UInt64, PFN?)
  case unmappedPart(PFNRange, pages: UInt64)
  case accessed(PFN, PageTranslation?)
  case mappedAgain(PFN, MapFailure?)
  /// From now on memory is refused to the CPU, or is not any more.
  case starved(Bool)
}
