//! What a person wants to know of a certificate (RFC 5280): who it is for, who says so, and until when.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use der::asn1::{AnyRef, GeneralizedTime, UtcTime};
use der::{Decode, Header, Reader, SliceReader, Tag};
use time::OffsetDateTime;

/// The readable parts of a certificate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateInfo {
    /// The common name of the owner.
    pub subject: String,
    /// The common name of the authority that signed it.
    pub issuer: String,
    /// The end of its validity.
    pub not_after: SystemTime,
}

impl CertificateInfo {
    //= rfc5280#4.1
    /// Reads a DER certificate; `None` when it is not one.
    pub fn read(certificate: &[u8]) -> Option<CertificateInfo> {
        let whole = enter(&mut SliceReader::new(certificate).ok()?, Tag::Sequence)?;
        let mut fields = SliceReader::new(enter(&mut SliceReader::new(whole).ok()?, Tag::Sequence)?).ok()?;
        // version [0], serialNumber, signature, issuer, validity, subject, …
        if fields.peek_byte()? == VERSION_TAG {
            AnyRef::decode(&mut fields).ok()?;
        }
        enter(&mut fields, Tag::Integer)?;
        enter(&mut fields, Tag::Sequence)?;
        let issuer = common_name(enter(&mut fields, Tag::Sequence)?)?;
        let mut validity = SliceReader::new(enter(&mut fields, Tag::Sequence)?).ok()?;
        read_time(&mut validity)?;
        let not_after = read_time(&mut validity)?;
        let subject = common_name(enter(&mut fields, Tag::Sequence)?)?;
        Some(CertificateInfo { subject, issuer, not_after })
    }

    /// The end of its validity as text.
    pub fn not_after_text(&self) -> String {
        date_text(self.not_after)
    }
}

impl fmt::Display for CertificateInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, signed by {}, valid until {}", self.subject, self.issuer, self.not_after_text())
    }
}

/// `2026-11-22 19:46:00 UTC`.
pub(crate) fn date_text(at: SystemTime) -> String {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    match i64::try_from(seconds).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok()) {
        Some(at) => {
            let (date, time) = (at.date(), at.time());
            format!(
                "{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC",
                date.year(),
                u8::from(date.month()),
                date.day(),
                time.hour(),
                time.minute(),
                time.second()
            )
        }
        None => format!("{seconds} s after 1970"),
    }
}

/// The contents of the next value, which must be of this kind.
fn enter<'a>(reader: &mut SliceReader<'a>, tag: Tag) -> Option<&'a [u8]> {
    let header = Header::decode(reader).ok()?;
    (header.tag() == tag).then(|| reader.read_slice(header.length()).ok())?
}

fn common_name(name: &[u8]) -> Option<String> {
    let mut sets = SliceReader::new(name).ok()?;
    let mut last = None;
    while !sets.is_finished() {
        let mut attributes = SliceReader::new(enter(&mut sets, Tag::Set)?).ok()?;
        while !attributes.is_finished() {
            let mut pair = SliceReader::new(enter(&mut attributes, Tag::Sequence)?).ok()?;
            let kind = enter(&mut pair, Tag::ObjectIdentifier)?;
            let value = AnyRef::decode(&mut pair).ok()?;
            if kind == COMMON_NAME || last.is_none() {
                last = Some(String::from_utf8_lossy(value.value()).into_owned());
            }
        }
    }
    last
}

fn read_time(reader: &mut SliceReader<'_>) -> Option<SystemTime> {
    let span: Duration = match reader.peek_byte()? {
        UTC_TIME_TAG => UtcTime::decode(reader).ok()?.to_unix_duration(),
        _ => GeneralizedTime::decode(reader).ok()?.to_unix_duration(),
    };
    Some(UNIX_EPOCH + span)
}

/// id-at-commonName, 2.5.4.3.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// The explicit tag [0].
const VERSION_TAG: u8 = 0xa0;
const UTC_TIME_TAG: u8 = 0x17;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::Authority;
    use base::Rng;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            CertificateInfo::read(&bytes);
        }

        #[test]
        fn a_damaged_certificate_is_read_or_refused(at in 0usize..600, byte: u8, end in 0usize..600) {
            let authority = Authority::new("Test", &Rng::root(1), UNIX_EPOCH);
            let mut bytes = authority.root_der().to_vec();
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(end);
            CertificateInfo::read(&bytes);
        }
    }
}
