//! The shared object with which google/packetdrill runs its scripts against this stack, in virtual time.
