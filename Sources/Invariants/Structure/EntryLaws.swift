import IOVA

/// What holds of the entries of one table, and the same in both forms (I20).
enum EntryLaws {
  /// What is wrong with an entry that is not empty; nil if nothing is.
  static func misshapen(_ entry: UInt32, isFirst: Bool) -> String? {
    let type = entry & 0b11
    if type == 0 { return "is not empty, but has no type" }
    if isFirst, type == 0b01 { return nil }
    // Shareable and not global, as every block is made.
    let always: UInt32 = isFirst ? 0b11 << 16 : 0b11 << 10
    if entry & always != always { return "lacks S or nG" }
    // NS is bit 19; bits 20 to 23 would be bits 36 to 39 of an address.
    if isFirst, isOfGroup(entry, isFirst: true), entry >> 20 & 0xF != 0 {
      return "has bits below its size"
    }
    return nil
  }

  /// Whether an entry is one of 16 alike.
  static func isOfGroup(_ entry: UInt32, isFirst: Bool) -> Bool {
    isFirst ? entry & 0b11 != 0b01 && entry >> 18 & 1 == 1 : entry & 0b11 == 0b01
  }

  /// What is wrong with a store, as far as that says it.
  static func misshapen(_ store: TableStore) -> String? {
    let isFirst = store.isFirstLevel
    let place = "entry \(store.index) of \(isFirst ? "the first" : "a second") level"
    let isWhole = store.count == BlockSize.replicas && store.index % BlockSize.replicas == 0
    if isOfGroup(store.replaced, isFirst: isFirst), !isWhole, !store.isSplit {
      return "\(store.count) of the 16 alike around \(place) are stored anew"
    }
    guard store.entry != 0 else { return nil }
    if let evidence = misshapen(store.entry, isFirst: isFirst) {
      return "\(place), \(Descriptor(raw: store.entry)), \(evidence)"
    }
    if isOfGroup(store.entry, isFirst: isFirst), !isWhole {
      return "\(place) is one of 16 alike, and \(store.count) are stored"
    }
    return nil
  }
}
