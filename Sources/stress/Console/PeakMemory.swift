import Foundation

/// The most memory that the process has had resident.
enum PeakMemory {
  /// The peak resident size in bytes; 0 if the system does not report it.
  ///
  /// `getrusage` is not enough on Linux: its figure survives `exec`, so a process started by `swift
  /// run` would report the peak of the package manager.
  static var bytes: Int {
    highWaterMark() ?? resourceUsage()
  }

  /// The line `VmHWM:  1234 kB` of Linux's `/proc/self/status`, which is reset by each `exec`.
  private static func highWaterMark() -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
      return nil
    }
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let words = line?.split { $0 == " " || $0 == "\t" } ?? []
    guard words.count == 3, let kibibytes = Int(words[1]) else { return nil }
    return kibibytes * 1024
  }

  private static func resourceUsage() -> Int {
    var usage = rusage()
    #if canImport(Darwin)
      let unit = 1
      let status = getrusage(RUSAGE_SELF, &usage)
    #else
      let unit = 1024
      let status = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #endif
    return status == 0 ? Int(usage.ru_maxrss) * unit : 0
  }
}
