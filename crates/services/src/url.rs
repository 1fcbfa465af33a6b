//! Uniform resource locators of the `http` and `https` schemes: RFC 3986 (syntax and references), RFC 9110 section 4.2.
//!
//! Input comes from people and from pages, so what browsers forgive is forgiven here: spaces around the text, characters
//! that should have been percent-encoded, a scheme left out by a person. Everything else is refused with the reason.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use iri_string::types::{UriAbsoluteStr, UriReferenceStr};

/// `http` or `https`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scheme {
    /// In clear text, port 80.
    Http,
    /// Inside TLS, port 443.
    Https,
}

impl Scheme {
    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// The port when the URL names none.
    pub const fn default_port(self) -> u16 {
        match self {
            Scheme::Http => 80,
            Scheme::Https => 443,
        }
    }
}

/// Who is to be asked.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Host {
    /// A name for DNS, in lower case.
    Name(String),
    /// An address: nothing to look up.
    Ip(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Ip(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Host::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}

/// Scheme, host and port: what one connection serves.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Origin {
    /// `http` or `https`.
    pub scheme: Scheme,
    /// Who.
    pub host: Host,
    /// TCP port.
    pub port: u16,
}

impl Origin {
    /// What the `Host` field says (RFC 9112, section 3.2): the port only when it is not the scheme's own.
    pub fn authority(&self) -> String {
        if self.port == self.scheme.default_port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.authority())
    }
}

/// An absolute URL without its fragment, which never leaves the browser.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Url {
    /// Where to ask.
    pub origin: Origin,
    /// What to ask for: path and query, always beginning with `/`.
    pub target: String,
}

impl Url {
    /// Reads what a person typed: a URL, or one whose `http://` was left out.
    pub fn typed(text: &str) -> Result<Url, BadUrl> {
        let text = clean(text);
        let has_scheme = text.find(':').is_some_and(|colon| {
            let (before, after) = (&text[..colon], &text[colon + 1..]);
            // `host:8080/…` is a host with a port, `mailto:…` is a scheme.
            before.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
                && (after.starts_with("//") || !after.starts_with(|c: char| c.is_ascii_digit()))
        });
        if has_scheme { Url::parse(&text) } else { Url::parse(&format!("http://{text}")) }
    }

    /// Reads an absolute URL.
    pub fn parse(text: &str) -> Result<Url, BadUrl> {
        let cleaned = clean(text);
        let bad = |why| BadUrl { text: short(text), why };
        if cleaned.len() > MAX_URL {
            return Err(bad(Why::TooLong));
        }
        UriReferenceStr::new(&cleaned).map_err(|_| bad(Why::Syntax))?;
        let uri = UriAbsoluteStr::new(&cleaned).map_err(|_| bad(Why::NoScheme))?;
        let scheme = match uri.scheme_str().to_ascii_lowercase().as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(bad(Why::Scheme)),
        };
        let authority = uri.authority_components().ok_or_else(|| bad(Why::NoHost))?;
        if authority.userinfo().is_some() {
            return Err(bad(Why::Password));
        }
        let host = parse_host(authority.host()).map_err(bad)?;
        let port = match authority.port() {
            None | Some("") => scheme.default_port(),
            Some(digits) => digits.parse().ok().filter(|port| *port != 0).ok_or_else(|| bad(Why::Port))?,
        };
        let path = uri.path_str();
        let mut target = if path.is_empty() { "/".to_owned() } else { path.to_owned() };
        if let Some(query) = uri.query_str() {
            target.push('?');
            target.push_str(query);
        }
        Ok(Url { origin: Origin { scheme, host, port }, target })
    }

    //= rfc3986#5.2
    /// The URL that `reference`, found at this URL, stands for.
    pub fn join(&self, reference: &str) -> Result<Url, BadUrl> {
        let cleaned = clean(reference);
        let bad = |why| BadUrl { text: short(reference), why };
        let base = self.to_string();
        let base = UriAbsoluteStr::new(&base).map_err(|_| bad(Why::Syntax))?;
        let reference = UriReferenceStr::new(&cleaned).map_err(|_| bad(Why::Syntax))?;
        Url::parse(&reference.resolve_against(base).to_string())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.target)
    }
}

/// A text that is no URL this crate can visit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadUrl {
    text: String,
    why: Why,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Why {
    Syntax,
    NoScheme,
    Scheme,
    NoHost,
    HostName,
    Port,
    Password,
    TooLong,
}

impl fmt::Display for BadUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.why {
            Why::Syntax => "it is not written as RFC 3986 says",
            Why::NoScheme => "it does not begin with http:// or https://",
            Why::Scheme => "only http:// and https:// can be visited",
            Why::NoHost => "it names no host",
            Why::HostName => "its host name is not one of letters, digits, hyphens and dots",
            Why::Port => "its port is not a number from 1 to 65535",
            Why::Password => "user names in URLs are not supported",
            Why::TooLong => "it is longer than 8000 characters",
        };
        write!(f, "'{}' is not a usable URL: {why}", self.text)
    }
}

impl std::error::Error for BadUrl {}

fn parse_host(host: &str) -> Result<Host, Why> {
    if let Some(inside) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return inside.parse::<Ipv6Addr>().map(|ip| Host::Ip(ip.into())).map_err(|_| Why::HostName);
    }
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return Ok(Host::Ip(ip.into()));
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if name.is_empty() {
        return Err(Why::NoHost);
    }
    //= rfc1035#2.3.4
    let fits = name.len() <= 253 && name.split('.').all(|label| (1..=63).contains(&label.len()));
    let letters = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    // A name that ends in a number would be taken for a mistyped address.
    let address_like = name.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    if fits && letters && !address_like { Ok(Host::Name(name)) } else { Err(Why::HostName) }
}

/// Drops what never belongs to a URL and percent-encodes what should have been.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace() || c.is_ascii_control());
    let text = text.split('#').next().unwrap_or_default();
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\t' | b'\n' | b'\r' => {}
            b'%' if !is_escape(&text.as_bytes()[at..]) => out.push_str("%25"),
            b' ' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0..=31 | 127..=255 => {
                out.push_str(&format!("%{byte:02X}"));
            }
            _ => out.push(char::from(byte)),
        }
    }
    out
}

fn is_escape(bytes: &[u8]) -> bool {
    matches!(bytes, [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
}

fn short(text: &str) -> String {
    if text.chars().count() > 80 { text.chars().take(77).chain("...".chars()).collect() } else { text.to_owned() }
}

/// RFC 9110, section 4.1 asks for at least 8000.
const MAX_URL: usize = 8000;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn joined(base: &str, reference: &str) -> String {
        Url::parse(base).unwrap().join(reference).unwrap().to_string()
    }

    #[test]
    fn what_a_person_types_becomes_a_url() {
        for (typed, meant) in [
            ("https://www.Example.com", "https://www.example.com/"),
            ("www.example.com", "http://www.example.com/"),
            (" example.com:8080/a b ", "http://example.com:8080/a%20b"),
            ("http://example.com:80/?q=1#part", "http://example.com/?q=1"),
            ("https://[2001:db8::1]:443/x", "https://[2001:db8::1]/x"),
            ("192.0.2.1", "http://192.0.2.1/"),
            ("http://example.com./100%", "http://example.com/100%25"),
        ] {
            assert_eq!(Url::typed(typed).map(|url| url.to_string()), Ok(meant.to_owned()), "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_visited_is_refused_with_the_reason() {
        for (typed, why) in [
            ("", "no host"),
            ("http://", "no host"),
            ("ftp://example.com/", "only http"),
            ("mailto:a@example.com", "only http"),
            ("http://example.com:99999/", "port"),
            ("http://user:secret@example.com/", "user names"),
            ("http://exa mple.com/", "host name"),
            ("http://300.1.2.3/", "host name"),
            ("http://a..b/", "host name"),
        ] {
            let said = Url::typed(typed).unwrap_err().to_string();
            assert!(said.contains(why), "{typed}: {said}");
        }
    }

    //= rfc3986#5.4 test
    #[test]
    fn references_resolve_as_the_standard_lists_them() {
        let base = "http://a/b/c/d;p?q";
        for (reference, meant) in [
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g/"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y#s", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q"),
            ("", "http://a/b/c/d;p?q"),
            ("../../../g", "http://a/g"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("https://x.test", "https://x.test/"),
        ] {
            assert_eq!(joined(base, reference), meant, "{reference}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,80}", reference in ".{0,80}") {
            if let Ok(url) = Url::typed(&text) {
                prop_assert_eq!(Url::parse(&url.to_string()), Ok(url.clone()));
                let _ = url.join(&reference);
            }
            let _ = Url::parse("https://www.example.com/a/b").unwrap().join(&reference);
        }
    }
}
