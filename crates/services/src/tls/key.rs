//! An ECDSA P-256 key whose signatures repeat (RFC 6979), for certificates and for handshakes.

use std::sync::Arc;

use base::Rng;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use rustls::sign::Signer;
use rustls::{Error, SignatureAlgorithm, SignatureScheme};

/// A private key with its public point. Cheap to clone.
#[derive(Clone)]
pub(super) struct Key(Arc<Parts>);

struct Parts {
    private: SigningKey,
    /// The public point, uncompressed: 65 bytes.
    point: Vec<u8>,
}

impl Key {
    /// The key that a random stream gives. (A candidate outside the group's order is drawn again: 1 in 2^32.)
    pub(super) fn generate(rng: &mut Rng) -> Key {
        loop {
            let mut candidate = [0; 32];
            rng.fill(&mut candidate);
            if let Ok(private) = SigningKey::from_slice(&candidate) {
                let point = private.verifying_key().to_sec1_point(false).as_bytes().to_vec();
                return Key(Arc::new(Parts { private, point }));
            }
        }
    }

    fn sign_der(&self, message: &[u8]) -> Vec<u8> {
        let signature: DerSignature = self.0.private.sign(message);
        signature.as_bytes().to_vec()
    }

    pub(super) fn point(&self) -> &[u8] {
        &self.0.point
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(P-256)")
    }
}

impl rcgen::PublicKeyData for Key {
    fn der_bytes(&self) -> &[u8] {
        self.point()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl rcgen::SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.sign_der(message))
    }
}

impl rustls::sign::SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&SignatureScheme::ECDSA_NISTP256_SHA256).then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        Ok(self.sign_der(message))
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6979, appendix A.2.5: P-256, SHA-256, message "sample".
    #[test]
    fn a_signature_is_the_one_that_rfc_6979_prints() {
        let hex = |text: &str| -> Vec<u8> {
            (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
        };
        let private = hex("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
        let key = Key(Arc::new(Parts { private: SigningKey::from_slice(&private).unwrap(), point: Vec::new() }));
        let signature = key.sign_der(b"sample");
        let r = hex("EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716");
        assert!(signature.windows(32).any(|window| window == r));
    }

    #[test]
    fn a_key_repeats_with_its_stream() {
        let key = |seed| Key::generate(&mut Rng::root(seed).split("key"));
        assert_eq!(key(1).point(), key(1).point());
        assert_ne!(key(1).point(), key(2).point());
        assert_eq!(key(1).point().len(), 65);
    }
}
