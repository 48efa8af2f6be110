/// A frame of I/O virtual address space: an address divided by the domain's granule.
public typealias PFN = UInt64
