/// Whether whoever asks for memory may sleep until there is some.
public enum MemoryContext: Hashable, Sendable {
  /// In an interrupt, or with a lock held: what is not available immediately fails.
  case atomic
  case maySleep
}
