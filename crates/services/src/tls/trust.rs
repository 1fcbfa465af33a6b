//! Whom a client believes: root certificates.

use std::fmt;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::Authority;

/// A trust store. Empty, it believes nobody.
#[derive(Clone)]
pub struct Trust {
    roots: Arc<RootCertStore>,
}

impl Trust {
    /// Believes nobody.
    pub fn none() -> Trust {
        Trust { roots: Arc::new(RootCertStore::empty()) }
    }

    /// Believes one authority of the world.
    pub fn in_authority(authority: &Authority) -> Trust {
        Trust::none().and(authority)
    }

    /// Believes this authority too.
    pub fn and(mut self, authority: &Authority) -> Trust {
        let added = Arc::make_mut(&mut self.roots).add(authority.root().clone());
        debug_assert!(added.is_ok(), "our own root is well formed");
        self
    }

    /// Believes every certificate of a PEM text too; how many there were.
    pub fn add_pem(&mut self, text: &str) -> usize {
        let found: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes()).filter_map(Result::ok).collect();
        Arc::make_mut(&mut self.roots).add_parsable_certificates(found).0
    }

    pub(super) fn roots(&self) -> Arc<RootCertStore> {
        self.roots.clone()
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Trust({} roots)", self.roots.len())
    }
}
