//! For machines. Times are whole nanoseconds (`…_ns`), or seconds where curl's names are used.

use base::{Duration, Instant};
use serde::{Serialize, Serializer};

pub(crate) fn instant<S: Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(at.nanos())
}

pub(crate) fn duration<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(span.nanos())
}

pub(crate) fn seconds<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(span.nanos() as f64 / 1e9)
}

/// A picture as JSON. Nothing in a picture can fail to be written: its maps have text as keys.
pub(crate) fn value(picture: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(picture).unwrap_or(serde_json::Value::Null)
}
