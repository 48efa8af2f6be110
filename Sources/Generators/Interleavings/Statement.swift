/// What is stated of a subject: its name, where it is stated, and where failing cases are kept.
@usableFromInline
struct Statement {
  let name: String
  @usableFromInline let subject: Subject
  var folder: CaseFolder?
  let place: Property.Place
  var settings: PropertySettings?

  @usableFromInline
  init(
    _ name: String, _ subject: Subject, folder: CaseFolder?, settings: PropertySettings?,
    place: Property.Place
  ) {
    self.name = name
    self.subject = subject
    self.folder = folder
    self.settings = settings
    self.place = place
  }
}
