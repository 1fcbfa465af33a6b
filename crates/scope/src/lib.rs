//! The recording of a run and its pictures: pcapng, story, ladder, waterfall.
