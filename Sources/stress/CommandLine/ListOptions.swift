/// What `stress laws`, `stress faults` and `stress workloads` were asked to list.
struct ListOptions {
  enum Subject {
    case laws, faults, workloads
  }

  var subject: Subject
}
