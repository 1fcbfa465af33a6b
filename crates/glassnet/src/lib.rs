//! A whole internet in one process, with glass walls: the facade for other people's tests.
