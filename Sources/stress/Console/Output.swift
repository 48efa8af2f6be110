import Foundation
import Synchronization

/// Text written to a file descriptor through `write(2)`, completely or until the reader is gone.
///
/// `print` is not used because it buffers: after a crash the last lines would be missing.
final class Output: Sendable {
  static let standard = Output(descriptor: STDOUT_FILENO)
  static let error = Output(descriptor: STDERR_FILENO)

  private let descriptor: Int32
  private let isClosed = Atomic(false)
  private let failureFlag = Atomic(false)

  /// Whether something could not be written although there was a reader.
  var hasFailed: Bool { failureFlag.load(ordering: .relaxed) }

  private init(descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Whether a person watches: a terminal that can rewrite a line.
  var isTerminal: Bool {
    isatty(descriptor) == 1 && getenv("TERM").map { strcmp($0, "dumb") != 0 } ?? false
  }

  /// Characters that fit on one line of the terminal; 80 if that is unknown.
  var columns: Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes the text and a line break.
  func line(_ text: String = "") {
    write(text + "\n")
  }

  /// Writes all of the text.
  ///
  /// Once the reader is gone, nothing more is written, and the run is asked to end in order: `head`
  /// has seen enough. Any other failure ends the run as well, and is reported.
  func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)[...]
      while !rest.isEmpty && !isClosed.load(ordering: .relaxed) {
        let count = systemWrite(UnsafeRawBufferPointer(rebasing: rest))
        if count >= 0 {
          rest = rest.dropFirst(count)
        } else {
          recover(from: errno)
        }
      }
    }
  }

  private func systemWrite(_ bytes: UnsafeRawBufferPointer) -> Int {
    Foundation.write(descriptor, bytes.baseAddress, bytes.count)
  }

  private func recover(from code: Int32) {
    switch code {
    case EINTR:
      return
    case EAGAIN:
      // Another owner of the descriptor made it non-blocking; wait until it accepts more.
      var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      _ = poll(&request, 1, 1000)
    default:
      isClosed.store(true, ordering: .relaxed)
      Signals.requestEnd()
      if code != EPIPE { failureFlag.store(true, ordering: .relaxed) }
      if code != EPIPE && self !== Output.error {
        Output.error.line("stress: cannot write the output: \(String(cString: strerror(code)))")
      }
    }
  }
}
