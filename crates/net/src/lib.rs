//! What a program on a Glassnet host sees: sockets, time, randomness, and the executor that runs it.
