//! A certificate authority inside the world: a root, an intermediate, and leaves for servers (RFC 5280).
//!
//! Keys and serial numbers come from a random stream, dates from the world's epoch, signatures need no randomness: the
//! same seed and epoch give the same certificates, byte for byte, in whatever order they are issued.

use std::fmt;
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base::Rng;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod,
    KeyUsagePurpose, PublicKeyData, SanType, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::key::Key;

/// Issues certificates that everyone who trusts its root accepts.
pub struct Authority {
    rng: Rng,
    epoch: SystemTime,
    root: CertificateDer<'static>,
    root_pem: String,
    intermediate: CertificateDer<'static>,
    issuer: Issuer<'static, Key>,
}

/// What a server shows and proves: its certificate, the way to a root, and the private key.
#[derive(Clone, Debug)]
pub struct Identity {
    pub(super) names: Vec<String>,
    pub(super) chain: Vec<CertificateDer<'static>>,
    pub(super) key: Key,
}

impl Identity {
    /// The names and addresses for which the certificate speaks.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The certificate and the intermediate above it, DER.
    pub fn chain(&self) -> impl Iterator<Item = &[u8]> {
        self.chain.iter().map(|certificate| &certificate[..])
    }
}

/// A certificate for these names cannot be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssueError {
    names: Vec<String>,
}

impl fmt::Display for IssueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no certificate can speak for {:?}: give at least one host name or address", self.names)
    }
}

impl std::error::Error for IssueError {}

impl Authority {
    /// The authority called `name`, made of the streams below `seed`, its certificates dated from `epoch`.
    pub fn new(name: &str, seed: &Rng, epoch: SystemTime) -> Authority {
        let rng = seed.split("authority").split(name);
        let root_key = Key::generate(&mut rng.split("root"));
        let key = Key::generate(&mut rng.split("intermediate"));
        let years = |n: u64| DAY * 365 * n as u32;

        let mut params = parameters(&rng, "root", &format!("{name} Root CA"), &root_key);
        params.not_before = date(epoch, Offset::Before(DAY * 30));
        params.not_after = date(epoch, Offset::After(years(20)));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(1));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root = params.self_signed(&root_key).expect("a root with fixed names");
        let (root, root_pem) = (root.der().clone(), root.pem());
        let root_issuer = Issuer::new(params, root_key);

        let mut params = parameters(&rng, "intermediate", &format!("{name} Intermediate CA"), &key);
        params.not_before = date(epoch, Offset::Before(DAY * 30));
        params.not_after = date(epoch, Offset::After(years(10)));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let intermediate =
            params.signed_by(&key, &root_issuer).expect("an intermediate with fixed names").der().clone();
        Authority { rng, epoch, root, root_pem, intermediate, issuer: Issuer::new(params, key) }
    }

    /// A certificate for host names (and addresses, written as text), valid for a year from the world's epoch.
    pub fn issue(&self, names: &[&str]) -> Result<Identity, IssueError> {
        self.issue_between(names, date(self.epoch, Offset::Before(DAY)), date(self.epoch, Offset::After(DAY * 365)))
    }

    /// The same, but it ended a day before the world began.
    pub fn issue_expired(&self, names: &[&str]) -> Result<Identity, IssueError> {
        self.issue_between(names, date(self.epoch, Offset::Before(DAY * 91)), date(self.epoch, Offset::Before(DAY)))
    }

    fn issue_between(
        &self,
        names: &[&str],
        from: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Identity, IssueError> {
        let wrong = || IssueError { names: names.iter().map(|name| (*name).to_owned()).collect() };
        let first = *names.first().ok_or_else(wrong)?;
        let label = format!("leaf {from} {until} {names:?}");
        let key = Key::generate(&mut self.rng.split(&label));
        let mut params = parameters(&self.rng, &label, first, &key);
        params.not_before = from;
        params.not_after = until;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        for name in names {
            params.subject_alt_names.push(match name.parse::<IpAddr>() {
                Ok(ip) => SanType::IpAddress(ip),
                Err(_) => SanType::DnsName(name.to_ascii_lowercase().try_into().map_err(|_| wrong())?),
            });
        }
        let leaf = params.signed_by(&key, &self.issuer).map_err(|_| wrong())?.der().clone();
        let names = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        Ok(Identity { names, chain: vec![leaf, self.intermediate.clone()], key })
    }

    /// The root certificate, DER: what a trust store holds.
    pub fn root_der(&self) -> &[u8] {
        &self.root
    }

    /// The root certificate as PEM, for curl's `--cacert` and for browsers.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    pub(super) fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }
}

//= rfc5280#4.1.2
/// What all three kinds of certificate have: a random serial number, a subject, an identifier of the key.
fn parameters(rng: &Rng, label: &str, common_name: &str, key: &Key) -> CertificateParams {
    let mut serial = [0; 16];
    rng.split(label).split("serial").fill(&mut serial);
    // Positive, and always 16 bytes long.
    serial[0] = serial[0] & 0x7f | 0x40;
    let mut params = CertificateParams::default();
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::OrganizationName, ORGANISATION);
    params.distinguished_name.push(DnType::CommonName, common_name);
    let digest = Sha256::digest(key.der_bytes());
    params.key_identifier_method = KeyIdMethod::PreSpecified(digest.iter().copied().take(20).collect());
    params.use_authority_key_identifier_extension = true;
    params
}

enum Offset {
    Before(Duration),
    After(Duration),
}

/// `epoch` and a whole number of days, in whole seconds as certificates have them.
fn date(epoch: SystemTime, offset: Offset) -> OffsetDateTime {
    let since = epoch.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let at = match offset {
        Offset::Before(span) => since.saturating_sub(span.as_secs()),
        Offset::After(span) => since.saturating_add(span.as_secs()),
    };
    i64::try_from(at)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .unwrap_or_else(|| rcgen::date_time_ymd(9999, 12, 31))
}

const DAY: Duration = Duration::from_secs(86_400);
const ORGANISATION: &str = "Glassnet";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tls::{CertificateInfo, Trust};

    fn epoch() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_800_000_000)
    }

    fn authority(seed: u64) -> Authority {
        Authority::new("Test", &Rng::root(seed), epoch())
    }

    fn leaf(identity: &Identity) -> &[u8] {
        &identity.chain[0]
    }

    #[test]
    fn the_same_seed_issues_the_same_certificates_in_any_order() {
        let (first, second, other) = (authority(1), authority(1), authority(2));
        assert_eq!((first.root_der(), first.root_pem()), (second.root_der(), second.root_pem()));
        assert_ne!(first.root_der(), other.root_der());
        let a = first.issue(&["a.test"]).unwrap();
        let b = second.issue(&["b.test"]).unwrap();
        assert_eq!(leaf(&a), leaf(&second.issue(&["a.test"]).unwrap()));
        assert_ne!(leaf(&a), leaf(&b));
        assert_ne!(leaf(&a), leaf(&first.issue_expired(&["a.test"]).unwrap()));
    }

    #[test]
    fn a_certificate_says_for_whom_by_whom_and_until_when() {
        let identity = authority(1).issue(&["www.example.com", "192.0.2.1"]).unwrap();
        let info = CertificateInfo::read(leaf(&identity)).unwrap();
        assert_eq!(
            info.to_string(),
            "www.example.com, signed by Test Intermediate CA, valid until 2028-01-15 08:00:00 UTC"
        );
        let expired = authority(1).issue_expired(&["x.test"]).unwrap();
        assert!(CertificateInfo::read(leaf(&expired)).unwrap().not_after < epoch());
    }

    #[test]
    fn names_that_no_certificate_can_carry_are_refused() {
        assert!(authority(1).issue(&[]).is_err());
        assert!(authority(1).issue(&["b\u{fc}cher.test"]).is_err());
    }

    #[test]
    fn a_root_written_as_pem_is_read_again() {
        let (first, second) = (authority(1), authority(2));
        let mut trust = Trust::none();
        assert_eq!(trust.add_pem(&format!("{}{}", first.root_pem(), second.root_pem())), 2);
        assert_eq!(trust.add_pem("nothing"), 0);
        assert_eq!(format!("{trust:?}"), "Trust(2 roots)");
    }
}
