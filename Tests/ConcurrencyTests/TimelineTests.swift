import Foundation
import Generators
import IOVA
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite struct `The timeline of a failure` {
  private func isWellFormed(_ svg: String) -> Bool {
    XMLParser(data: Data(svg.utf8)).parse()
  }

  @Test func `is well-formed, small, and the same each time`() {
    let told = Told.migration
    let svg = Timeline(told.rows, told.lexicon, title: "a < b & \"c\" \u{1} > d").svg
    #expect(isWellFormed(svg))
    #expect(svg.utf8.count < 20_000)
    #expect(svg.contains("a &lt; b &amp; &quot;c&quot;   &gt; d"))
    let again = Told.migration
    #expect(Timeline(again.rows, again.lexicon, title: "a < b & \"c\" \u{1} > d").svg == svg)
  }

  @Test func `stays below 200 kB however much happened`() {
    let rows = Array(repeating: Told.migration.rows.filter { !$0.isBreach }, count: 100)
      .flatMap { $0 }
    let svg = Timeline(rows, AllocatorLexicon(cpus: 3), title: "long").svg
    #expect(isWellFormed(svg))
    #expect(svg.utf8.count < 200_000)
  }

  @Test func `has one row for the locks that a CPU takes in a row undisturbed`() {
    let told = Told.migration
    let svg = Timeline(told.rows, told.lexicon, title: "unplugged").svg
    #expect(svg.contains(">takes and releases 21 locks</text>"))
    #expect(svg.split(separator: "\n").count { $0.hasPrefix("<text") } < 40)
    #expect(told.rows.count > 60)
  }

  @Test func `has a bar for each lock, hatches for waits, and arrows for switches`() {
    let toy = ConductedToy([
      [.take(.rangeTree), .pass, .release(.rangeTree)],
      [.take(.rangeTree), .release(.rangeTree)],
    ])
    let rows = toy.run(Schedule(cpus: [0, 0, 1, 0, 0, 1])).rows
    let svg = Timeline(rows, AllocatorLexicon(cpus: 2), title: "two").svg
    let drawing = svg.split(separator: "\n").drop { $0 != "</style>" }.joined(separator: "\n")
    #expect(drawing == drawingOfTwo)
  }
}

private let drawingOfTwo = """
  </style>
  <text class="t" x="16" y="18">two</text>
  <text class="t" x="16" y="38">cpu0</text>
  <path class="l" d="M12 48V160"/>
  <text class="t" x="346" y="38">cpu1</text>
  <path class="l" d="M342 48V160"/>
  <rect class="tree" x="16" y="59" width="4" height="48"><title>rangeTree</title></rect>
  <rect class="w" x="346" y="91" width="4" height="32"><title>waits for rangeTree</title></rect>
  <rect class="tree" x="346" y="123" width="4" height="16"><title>rangeTree</title></rect>
  <path class="a" d="M12 80V88H342V96"/>
  <path class="a" d="M342 96V104H12V112"/>
  <path class="a" d="M12 112V120H342V128"/>
  <text x="52" y="68">takes rangeTree</text>
  <text class="s" x="52" y="84">asks for memory</text>
  <text class="s" x="382" y="100">waits for rangeTree</text>
  <text x="52" y="116">releases rangeTree</text>
  <text x="382" y="132">takes rangeTree</text>
  <text x="382" y="148">releases rangeTree</text>
  <rect class="tree" x="16" y="172" width="8" height="8"/>
  <text x="28" y="180">holds tree</text>
  <rect class="w" x="114" y="172" width="8" height="8"/>
  <text x="126" y="180">waits</text>
  <text x="177" y="180">arrow: another CPU goes on</text>
  </svg>
  """
