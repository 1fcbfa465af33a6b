//! A static site: which path is answered with what.

use std::collections::BTreeMap;

use base::Duration;
use bytes::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use hyper::{Method, StatusCode};

use super::body::{Content, Stream};

/// An answer to a request. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Reply {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    content: Content,
    /// Thinking time of the server.
    pub(super) delay: Duration,
}

impl Reply {
    /// 200 with these bytes.
    pub fn new(content_type: &str, content: impl Into<Bytes>) -> Reply {
        Reply::of(StatusCode::OK, Content::Bytes(content.into())).header(CONTENT_TYPE.as_str(), content_type)
    }

    /// 200 with an HTML page.
    pub fn html(text: impl Into<String>) -> Reply {
        Reply::new("text/html; charset=utf-8", text.into())
    }

    /// 200 with `len` bytes of [`pattern`](super::pattern), made while they are sent.
    pub fn pattern(len: u64) -> Reply {
        Reply::of(StatusCode::OK, Content::Pattern(len)).header(CONTENT_TYPE.as_str(), "application/octet-stream")
    }

    /// This status with a short page that says so. A number that is no status becomes 500.
    pub fn status(status: u16) -> Reply {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_informational() || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
            return Reply::of(status, Content::Bytes(Bytes::new()));
        }
        let (code, reason) = (status.as_u16(), status.canonical_reason().unwrap_or("Unnamed status"));
        let page = format!("<!DOCTYPE html><title>{code} {reason}</title><h1>{code} {reason}</h1>\n");
        Reply { status, ..Reply::html(page) }
    }

    /// A redirect (301, 302, 303, 307, 308) to another place.
    pub fn redirect(status: u16, location: &str) -> Reply {
        Reply::status(status).header(LOCATION.as_str(), location)
    }

    /// With one more header field. A field that no message may carry turns the reply into a 500.
    pub fn header(mut self, name: &str, value: &str) -> Reply {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => {
                self.headers.push((name, value));
                self
            }
            _ => Reply::status(500),
        }
    }

    /// With a status of your own.
    pub fn with_status(mut self, status: u16) -> Reply {
        self.status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self
    }

    /// Sent only after the server has thought for so long.
    pub fn after(mut self, delay: Duration) -> Reply {
        self.delay = delay;
        self
    }

    /// What it carries.
    pub fn content(&self) -> &Content {
        &self.content
    }

    fn of(status: StatusCode, content: Content) -> Reply {
        Reply { status, headers: Vec::new(), content, delay: Duration::ZERO }
    }

    pub(super) fn response(self) -> hyper::Response<Stream> {
        let mut response = hyper::Response::new(Stream::new(self.content));
        *response.status_mut() = self.status;
        for (name, value) in self.headers {
            response.headers_mut().append(name, value);
        }
        response
    }
}

/// The replies of one host name.
#[derive(Clone, Debug)]
pub struct Site {
    host: Option<String>,
    pages: BTreeMap<String, Reply>,
    /// Below this path, any number is answered with so many bytes of pattern.
    patterns_below: Option<String>,
    elsewhere: Elsewhere,
}

#[derive(Clone, Debug)]
enum Elsewhere {
    Reply(Box<Reply>),
    /// 301 to the same place under this origin.
    MovedTo(String),
}

impl Site {
    /// The site of a host name. What it does not have is a 404.
    pub fn new(host: &str) -> Site {
        Site { host: Some(host.to_ascii_lowercase()), ..Site::any() }
    }

    /// The site of whatever host name is asked for.
    pub fn any() -> Site {
        let elsewhere = Elsewhere::Reply(Box::new(Reply::status(404)));
        Site { host: None, pages: BTreeMap::new(), patterns_below: None, elsewhere }
    }

    /// The site that answers every path with 301 and the same path under `origin`: `https://www.example.com`.
    pub fn moved_to(host: &str, origin: &str) -> Site {
        Site { elsewhere: Elsewhere::MovedTo(origin.trim_end_matches('/').to_owned()), ..Site::new(host) }
    }

    /// With a page at a path. A path with a query is looked for before the path alone.
    pub fn page(mut self, path: &str, reply: Reply) -> Site {
        self.pages.insert(path.to_owned(), reply);
        self
    }

    /// With `<path>N` for any number N: so many bytes of [`pattern`](super::pattern). `path` ends with a slash.
    pub fn patterns(mut self, path: &str) -> Site {
        self.patterns_below = Some(path.to_owned());
        self
    }

    /// With another answer than 404 to everything else.
    pub fn otherwise(mut self, reply: Reply) -> Site {
        self.elsewhere = Elsewhere::Reply(Box::new(reply));
        self
    }

    pub(super) fn serves(&self, host: &str) -> bool {
        self.host.as_ref().is_none_or(|own| own.eq_ignore_ascii_case(host))
    }

    //= rfc9110#9.1
    //= rfc9110#15.5.6
    pub(super) fn answer(&self, method: &Method, target: &str) -> Reply {
        if method != Method::GET && method != Method::HEAD {
            let known = [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::PATCH].contains(method);
            return Reply::status(if known { 405 } else { 501 }).header("allow", "GET, HEAD");
        }
        let path = target.split('?').next().unwrap_or(target);
        if let Some(reply) = self.pages.get(target).or_else(|| self.pages.get(path)) {
            return reply.clone();
        }
        let number = self.patterns_below.as_ref().and_then(|below| path.strip_prefix(below.as_str()));
        if let Some(len) = number.and_then(|number| number.parse().ok()) {
            return Reply::pattern(len);
        }
        match &self.elsewhere {
            Elsewhere::Reply(reply) => (**reply).clone(),
            Elsewhere::MovedTo(origin) => Reply::redirect(301, &format!("{origin}{target}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(reply: &Reply) -> u16 {
        reply.status.as_u16()
    }

    #[test]
    fn a_site_answers_what_it_has_and_refuses_the_rest() {
        let site = Site::new("www.example.com").page("/", Reply::html("hello")).page("/?q=1", Reply::status(503));
        assert_eq!(status(&site.answer(&Method::GET, "/")), 200);
        assert_eq!(status(&site.answer(&Method::HEAD, "/?q=2")), 200);
        assert_eq!(status(&site.answer(&Method::GET, "/?q=1")), 503);
        assert_eq!(status(&site.answer(&Method::GET, "/none")), 404);
        assert_eq!(status(&site.answer(&Method::POST, "/")), 405);
        assert!(site.serves("WWW.example.com") && !site.serves("example.com"));
    }

    #[test]
    fn a_moved_site_keeps_path_and_query() {
        let reply = Site::moved_to("a.test", "https://b.test/").answer(&Method::GET, "/x?y");
        assert_eq!(status(&reply), 301);
        assert!(reply.headers.iter().any(|(name, value)| name == LOCATION && value == "https://b.test/x?y"));
    }

    #[test]
    fn a_number_below_the_place_of_patterns_is_answered_with_so_many_bytes() {
        let site = Site::any().patterns("/bytes/");
        let len = |path: &str| site.answer(&Method::GET, path).content().clone();
        assert_eq!(len("/bytes/100000"), Content::Pattern(100_000));
        assert_eq!(status(&site.answer(&Method::GET, "/bytes/many")), 404);
    }

    #[test]
    fn impossible_replies_become_server_errors() {
        assert_eq!(status(&Reply::html("x").header("bad name", "x")), 500);
        assert_eq!(status(&Reply::status(7)), 500);
        assert_eq!(status(&Reply::redirect(302, "line\nbreak")), 500);
    }
}
