extension Claim {
  /// Every claim that can be counted, in order of their numbers.
  static let all: [Claim] = [
    cachedNodes, magazineCapacity, flushAtManyCPUs, fixedDepots, cacheGrowth, lazyMisses,
    depotThreshold, magazineSize, queuesOfGuests, flushesPerUnmap, wrappingBitmap, batching,
    queueMemory, tableMemory, futileAttempts, restartPoint, maskOrder, closedInterface,
    tablesUnderLoad,
  ]
}
