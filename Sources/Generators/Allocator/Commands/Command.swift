import IOVA

/// The name of a command's result: `a0`, `a1`, … in the order in which they are drawn.
public struct Handle: Hashable, Sendable, CustomStringConvertible {
  public let number: Int

  public init(_ number: Int) { self.number = number }

  public var description: String { "a\(number)" }
}

/// One call that a program makes on one CPU.
///
/// Results are named by handles, never by addresses. A command whose handle has no meaning when it
/// runs is skipped.
public struct Command: Hashable, Sendable {
  public enum Action: Hashable, Sendable {
    case reserve(PFNRange)
    /// Reserves what another domain has reserved: two ranges.
    case copyReserved(PFNRange, PFNRange)
    /// Looks up the range that contains a pfn.
    case find(PFN)
    case allocate(Handle, pages: UInt64, limit: PFN, aligned: Bool)
    case free(Handle)
    /// Frees a range that other CPUs may be freeing as well; the handle keeps its meaning until the
    /// range is gone.
    case freeShared(Handle)
    case allocateFast(Handle, pages: UInt64, limit: PFN, flush: Bool)
    case freeFast(Handle)
    /// Frees a range once an invalidation has covered it.
    case deferFree(Handle)
    /// Cuts pages out of a range; the part above them gets a name of its own.
    case split(Handle, offset: UInt64, pages: UInt64, above: Handle)
    /// Maps a buffer for a device, with permissions; if shifted, the buffer begins a page beyond a
    /// multiple of 4 MiB. A caller that may sleep waits for memory for tables.
    case map(
      Handle, pages: UInt64, Protection, device: Int, shifted: Bool, sleeps: Bool = false)
    /// Unmaps and frees a range that was mapped.
    case unmap(Handle)
    /// Unmaps pages of a mapped range, once; the handle keeps its meaning.
    case unmapPart(Handle, page: UInt64, pages: UInt64)
    /// Has a device access a page of what was last mapped under a handle, still mapped or not.
    case access(Handle, page: UInt64)
    /// Maps a page of a mapped range again, which is refused.
    case mapAgain(Handle, page: UInt64)
    /// Attaches a device to the domain; the first one initialises it.
    case attach(device: Int)
    /// Allocates memory that a device and its driver share, and maps it.
    case allocateCoherent(Handle, pages: UInt64, device: Int)
    /// Unmaps and frees it.
    case freeCoherent(Handle)
    /// The driver of a device sets one of its masks.
    case setMask(PFN, device: Int, DMAMask)
    case flushCaches(CPU)
    case flushDepots
    /// Has unmappings defer their invalidations, or invalidate immediately.
    case startDeferring
    case stopDeferring
    /// Unplugs the CPU of the command.
    case unplug
    case plug
    case advance(milliseconds: UInt64)
  }

  public var action: Action
  public var cpu: CPU
  /// Whether every request for memory fails during the command.
  public var isStarved: Bool

  public init(_ action: Action, on cpu: CPU, isStarved: Bool = false) {
    self.action = action
    self.cpu = cpu
    self.isStarved = isStarved
  }

  /// The handles that the command defines.
  var results: [Handle] {
    switch action {
    case .allocate(let handle, _, _, _), .allocateFast(let handle, _, _, _),
      .map(let handle, _, _, _, _, _), .allocateCoherent(let handle, _, _):
      [handle]
    case .split(_, _, _, let above): [above]
    default: []
    }
  }

  /// Whether the command belongs to the part of a program that comes before all allocations.
  var isReservation: Bool {
    switch action {
    case .reserve, .copyReserved: true
    default: false
    }
  }

  /// Whether the command changes what unmappings do.
  var changesMode: Bool { action == .startDeferring || action == .stopDeferring }

  /// Whether the command changes what a device can address.
  var setsMask: Bool { if case .setMask = action { true } else { false } }

  /// Whether the command allocates memory that a device shares with its driver.
  package var allocatesCoherently: Bool {
    if case .allocateCoherent = action { true } else { false }
  }

  /// Whether the command's handle is for a range that is mapped and unmapped rather than allocated
  /// and freed; nil if it names no handle.
  var isMapping: Bool? {
    switch action {
    case .map, .unmap, .unmapPart, .access, .mapAgain, .allocateCoherent, .freeCoherent: true
    default: handles.isEmpty ? nil : false
    }
  }

  /// All handles that the command names.
  var handles: [Handle] {
    switch action {
    case .free(let handle), .freeShared(let handle), .freeFast(let handle),
      .deferFree(let handle), .unmap(let handle), .unmapPart(let handle, _, _),
      .access(let handle, _), .mapAgain(let handle, _), .freeCoherent(let handle):
      [handle]
    case .split(let handle, _, _, let above): [handle, above]
    default: results
    }
  }

  /// The command with its handles renamed.
  func renamed(_ name: (Handle) -> Handle) -> Command {
    var command = self
    switch action {
    case .allocate(let handle, let pages, let limit, let aligned):
      command.action = .allocate(name(handle), pages: pages, limit: limit, aligned: aligned)
    case .allocateFast(let handle, let pages, let limit, let flush):
      command.action = .allocateFast(name(handle), pages: pages, limit: limit, flush: flush)
    case .free(let handle): command.action = .free(name(handle))
    case .freeShared(let handle): command.action = .freeShared(name(handle))
    case .freeFast(let handle): command.action = .freeFast(name(handle))
    case .deferFree(let handle): command.action = .deferFree(name(handle))
    case .map(let handle, let pages, let protection, let device, let shifted, let sleeps):
      command.action = .map(
        name(handle), pages: pages, protection, device: device, shifted: shifted, sleeps: sleeps)
    case .unmap(let handle): command.action = .unmap(name(handle))
    case .allocateCoherent(let handle, let pages, let device):
      command.action = .allocateCoherent(name(handle), pages: pages, device: device)
    case .freeCoherent(let handle): command.action = .freeCoherent(name(handle))
    case .unmapPart(let handle, let page, let pages):
      command.action = .unmapPart(name(handle), page: page, pages: pages)
    case .access(let handle, let page): command.action = .access(name(handle), page: page)
    case .mapAgain(let handle, let page): command.action = .mapAgain(name(handle), page: page)
    case .split(let handle, let offset, let pages, let above):
      command.action = .split(name(handle), offset: offset, pages: pages, above: name(above))
    case .reserve, .copyReserved, .find, .attach, .setMask, .flushCaches, .flushDepots,
      .startDeferring, .stopDeferring, .unplug, .plug, .advance:
      break
    }
    return command
  }
}

extension Command {
  /// How much a command can do beyond what the simplest does.
  var weight: Int {
    switch action {
    case .allocate, .free, .reserve: 0
    case .allocateFast, .freeFast, .freeShared: 1
    case .deferFree, .split, .plug: 2
    case .advance(let milliseconds): milliseconds <= 100 ? 2 : 3
    case .access, .mapAgain, .attach, .setMask, .find: 1
    case .map, .unmap, .unmapPart, .allocateCoherent, .freeCoherent, .copyReserved: 2
    case .stopDeferring: 3
    case .startDeferring: 4
    case .flushDepots, .flushCaches: 5
    case .unplug: 6
    }
  }

  /// About how many switch points the command passes, without those at idle windows.
  func usualSteps(_ idle: WindowSet) -> Int {
    let asks = idle.contains(.memoryAsked) ? 0 : 1
    let samples = idle.contains(.cpuSampled) ? 0 : 1
    return switch action {
    case .allocate: 2 + asks
    case .free, .freeShared, .reserve, .copyReserved, .find, .split: 2
    case .allocateFast: 4 + asks + samples
    case .freeFast: 2 + samples
    case .deferFree: 7 + samples + (idle.contains(.modeRead) ? 0 : 1)
    case .startDeferring: 8
    case .map, .allocateCoherent: 10 + 2 * asks + 2 * samples + (idle.contains(.maskRead) ? 0 : 1)
    case .unmap, .freeCoherent: 8 + samples
    case .unmapPart: 3
    case .access: 1
    case .mapAgain: 2
    case .setMask: 3
    case .attach: 6
    case .stopDeferring: 1
    case .flushCaches: 36
    case .flushDepots: 12
    case .unplug: 40
    case .plug, .advance: 1
    }
  }
}

extension Command: CustomStringConvertible {
  /// The command without its CPU, as printed and saved.
  public var description: String {
    let call = CommandForm.write(action)
    return isStarved ? call + " starved" : call
  }
}
