import IOVA

extension LawBook {
  /// Where programs meet laws: one closure for each question.
  public var judge: Judge {
    var judge = Judge(
      supervisor: self, opens: open, opensBriefly: { self.open($0, isBrief: true) },
      rests: judgeAtRest, restsBriefly: judgeSums, isQuiet: judgeQuiet,
      closes: judgeRemains, wasReset: judgeReset,
      cannotOpen: { self.judgeUnmade($0, isShort: $1) },
      wasMade: { self.judgeMaking(credit: $0, refused: $1) },
      hears: { self.judge($0, isShort: $1, on: $2) },
      unplugged: noteUnplugged, isBroken: { self.isBroken },
      finding: { self.violation.map { ($0.law.name, $0.evidence) } },
      resets: reset)
    judge.brokenWord = brokenWord
    return judge
  }
}
