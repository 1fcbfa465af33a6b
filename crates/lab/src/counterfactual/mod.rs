//! What would be if: small nodes that do what the standards do not, to show what the standards are for. The stack itself
//! has no switch for any of it.

mod two_way;

pub use two_way::TwoWay;
