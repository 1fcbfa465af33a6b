//! Worlds: the event queue, media, faults.
