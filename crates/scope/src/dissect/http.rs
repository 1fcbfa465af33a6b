//! The start line of an HTTP/1 message (RFC 9112, sections 3 and 4).

use crate::words::clean;

/// The port of HTTP.
pub const PORT: u16 = 80;

/// A start line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Start {
    /// `GET /index.html HTTP/1.1`
    Request {
        /// The method.
        method: String,
        /// The request target.
        target: String,
    },
    /// `HTTP/1.1 404 Not Found`
    Response {
        /// The status code.
        status: u16,
        /// The phrase behind it.
        reason: String,
    },
}

impl Start {
    /// Reads the start line, if the bytes begin with one.
    pub fn parse(bytes: &[u8]) -> Option<Start> {
        let line = bytes.get(..bytes.len().min(MAX_LINE))?.split(|byte| *byte == b'\n').next()?;
        let line = std::str::from_utf8(line).ok()?.trim_end_matches('\r');
        if let Some(rest) = line.strip_prefix("HTTP/1.") {
            let (status, reason) = rest.get(2..)?.split_at_checked(3)?;
            return Some(Start::Response { status: status.parse().ok()?, reason: clean(reason.trim()) });
        }
        let mut words = line.split(' ');
        let (method, target, version) = (words.next()?, words.next()?, words.next()?);
        let is_method = !method.is_empty() && method.len() <= 16 && method.bytes().all(|b| b.is_ascii_uppercase());
        let request = is_method && version.starts_with("HTTP/1.");
        request.then(|| Start::Request { method: method.into(), target: clean(target) })
    }

    /// One phrase: `GET /index.html`, `404 Not Found`.
    pub fn brief(&self) -> String {
        match self {
            Start::Request { method, target } => format!("{method} {target}"),
            Start::Response { status, reason } => format!("{status} {reason}").trim_end().into(),
        }
    }
}

/// The usual phrase of a status code (RFC 9110, section 15).
pub const fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        410 => "Gone",
        413 => "Content Too Large",
        414 => "URI Too Long",
        416 => "Range Not Satisfiable",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "",
    }
}

/// Longest start line that is looked at.
const MAX_LINE: usize = 4096;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn start_lines_are_read_and_other_bytes_are_not() {
        let brief = |bytes: &[u8]| Start::parse(bytes).map(|start| start.brief());
        assert_eq!(brief(b"GET /a?b HTTP/1.1\r\nHost: x\r\n"), Some("GET /a?b".into()));
        assert_eq!(brief(b"HTTP/1.1 404 Not Found\r\n"), Some("404 Not Found".into()));
        assert_eq!(brief(b"HTTP/1.1 200 \r\n"), Some("200".into()));
        for other in [&b""[..], b"HTTP/1.1", b"HTTP/1.1 x", b"get / HTTP/1.1", b"\x16\x03\x01", b"GET /\r\n"] {
            assert_eq!(brief(other), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            Start::parse(&bytes);
            Start::parse(&[b"HTTP/1.".as_slice(), &bytes].concat());
        }
    }
}
