import IOVA
import Invariants
import Testing

@Suite struct `The laws of page tables` {
  @Test func `hold for the table that is then broken by hand`() throws {
    let view = try Breach.lawfulTable()
    #expect(Invariant.walksAgreeWithTheModel.judge(view) == nil)
    for law in Invariant<PageTableSnapshot>.atRest { #expect(law.judge(view.table) == nil) }
  }

  @Test func `hold for histories in which every release waits for a flush`() {
    let home = PhysicalAddress(0x4000_0000)
    let reach = DMARange(DMAAddress(0), bytes: 1 << 20)
    let all = DMARange(DMAAddress(0), bytes: 1 << 32)
    let histories: [[TableEvent]] = [
      [.made(home), .released(home)],
      [.made(home), .lost(home), .released(home)],
      [.made(home), .linked(home, reach: reach), .tornDown, .released(home)],
      [
        .linked(home, reach: reach), .unlinked(home, reach: reach), .flushBegan(all),
        .flushEnded(all), .released(home),
      ],
    ]
    for events in histories {
      #expect(Invariant.tablesOutliveWalks.judge(TableHistory(events: events)) == nil)
    }
  }
}
