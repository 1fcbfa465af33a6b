//! Random networks, random faults, random programs: what goes in must come out.

fn main() {}
