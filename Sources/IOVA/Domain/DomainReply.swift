/// What a caller was told, to be compared with what was done.
///
/// Calls that allocate and free report their own results (`DomainEvent.ended`); these are the
/// others.
public enum DomainReply: Sendable, Hashable {
  case found(PFN, PFNRange?)
  case reserved(PFNRange, Bool)
  /// The lowest and the highest pfn of what was to be copied.
  case copied(PFNRange, Bool)
  case split(PFNRange, Bool)
  case startedDeferring(Bool)
  case stoppedDeferring
  case mapped(pages: UInt64, PFN?)
  case unmappedPart(PFNRange, pages: UInt64)
  case accessed(PFN, PageTranslation?)
  case mappedAgain(PFN, MapFailure?)
  /// From now on memory is refused to the CPU, or granted again.
  case starved(Bool)
}
