// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

let package = Package(
  name: "iova-stress",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "IOVA", targets: ["IOVA"]),
    .library(name: "Generators", targets: ["Generators"]),
    .library(name: "Invariants", targets: ["Invariants"]),
    .executable(name: "stress", targets: ["stress"]),
  ],
  targets: [
    .target(name: "IOVA", swiftSettings: strict),
    .target(name: "Generators", dependencies: ["IOVA"], swiftSettings: strict),
    .target(name: "Invariants", dependencies: ["IOVA"], swiftSettings: strict),
    .executableTarget(
      name: "stress", dependencies: ["IOVA", "Generators", "Invariants"], swiftSettings: strict),
    .testTarget(
      name: "PropertyTests", dependencies: ["IOVA", "Generators", "Invariants"],
      exclude: ["Findings"], swiftSettings: strict),
    .testTarget(
      name: "ConcurrencyTests", dependencies: ["IOVA", "Generators", "Invariants"],
      exclude: ["Cases"], swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6]
)
