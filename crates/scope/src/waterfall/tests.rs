//! Waterfalls of films.
