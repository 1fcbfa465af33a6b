//! Drives a Glassnet node on a Linux TAP interface in real time.
