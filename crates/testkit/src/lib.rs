//! The two-host fixture Pair and the words of its tests.
