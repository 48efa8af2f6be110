/// Prints a value identically in every process.
///
/// Swift's own description walks a `Set` or `Dictionary` in an order that differs from process to
/// process, even if it lies deep inside another value.
@usableFromInline
func stableDescription<Value>(_ value: Value) -> String {
  let mirror = Mirror(reflecting: value)
  let children = mirror.children.map { (label: $0.label, text: stableDescription($0.value)) }
  switch mirror.displayStyle {
  case .set:
    return "[" + children.map(\.text).sorted().joined(separator: ", ") + "]"
  case .dictionary:
    // Every child is a pair, printed as "(key: …, value: …)".
    let pairs = mirror.children.map { pair in
      Mirror(reflecting: pair.value).children.map { stableDescription($0.value) }
        .joined(separator: ": ")
    }
    return pairs.isEmpty ? "[:]" : "[" + pairs.sorted().joined(separator: ", ") + "]"
  case .collection:
    return "[" + children.map(\.text).joined(separator: ", ") + "]"
  case .optional:
    return children.first?.text ?? "nil"
  case .tuple:
    return "(" + labelled(children) + ")"
  default:
    break
  }
  if value is String || value is Character { return String(reflecting: value) }
  if children.isEmpty || value is any CustomStringConvertible { return String(describing: value) }
  if mirror.displayStyle == .enum, let payload = children.first {
    let inside = payload.text.hasPrefix("(") ? payload.text : "(\(payload.text))"
    return (payload.label ?? "") + inside
  }
  return "\(mirror.subjectType)(" + labelled(children) + ")"
}

private func labelled(_ children: [(label: String?, text: String)]) -> String {
  children.map { child in
    // The members of a tuple without names are called .0, .1 and so on.
    guard let label = child.label, !label.hasPrefix(".") else { return child.text }
    return "\(label): \(child.text)"
  }.joined(separator: ", ")
}
