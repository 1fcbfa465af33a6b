//! A client's connection: requests one after the other, and an orderly end.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;

use base::Duration;
use bytes::{Bytes, BytesMut};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{ACCEPT, CONNECTION, CONTENT_TYPE, HOST, HeaderMap, LOCATION, USER_AGENT};
use net::{Net, Task};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::body::{Content, Stream};
use super::io::{HyperIo, Tap};
use crate::url::Origin;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Response {
    /// 200, 404, …
    pub status: u16,
    headers: HeaderMap,
    /// What it carried.
    pub body: Bytes,
}

impl Response {
    /// A header field, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All header fields, in the order in which they came; what is not text is left out.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<&str> {
        self.header(LOCATION.as_str())
    }

    /// What it says it carries; `text/html; charset=utf-8`.
    pub fn content_type(&self) -> &str {
        self.header(CONTENT_TYPE.as_str()).unwrap_or("application/octet-stream")
    }
}

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HttpFailure {
    said: String,
    transient: bool,
}

impl HttpFailure {
    /// What happened, without a full stop.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// Whether another connection may do better.
    pub fn is_transient(&self) -> bool {
        self.transient
    }

    fn of(error: &hyper::Error) -> HttpFailure {
        let transient = !error.is_parse() && !error.is_user();
        let mut said = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(inner) = cause {
            said = format!("{said}: {inner}");
            cause = inner.source();
        }
        HttpFailure { said, transient }
    }
}

impl fmt::Display for HttpFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for HttpFailure {}

/// A connection to one origin.
pub struct Connection {
    sender: SendRequest<Stream>,
    driver: Task<()>,
    tap: Tap,
}

impl Connection {
    /// Speaks HTTP/1.1 over a connected (and, for `https`, secured) stream.
    pub async fn open<S>(net: &Net, stream: S) -> Result<Connection, HttpFailure>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let tap = Tap::default();
        let io = HyperIo::new(stream, tap.clone());
        let (sender, mut connection) =
            http1::Builder::new().handshake(io).await.map_err(|error| HttpFailure::of(&error))?;
        let own = net.clone();
        let driver = net.spawn(async move {
            let ended = poll_fn(|cx| connection.poll_without_shutdown(cx)).await;
            let stream = connection.into_parts().io.into_inner();
            if ended.is_ok() {
                let _ = own.timeout(LINGER, say_goodbye(stream)).await;
            }
        });
        Ok(Connection { sender, driver, tap })
    }

    /// Whether it can take another request.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    //= rfc9110#9.3.1
    /// Asks for a target with `GET`, and reads the answer to its end. `first_byte` is called when it begins; `limit` is the
    /// size of the largest body that is taken.
    pub async fn get(
        &mut self,
        origin: &Origin,
        target: &str,
        limit: usize,
        first_byte: impl FnOnce() + Send + 'static,
    ) -> Result<Response, HttpFailure> {
        let request = hyper::Request::get(target)
            .header(HOST, origin.authority())
            .header(USER_AGENT, "glassnet/0.1")
            .header(ACCEPT, "*/*")
            .body(Stream::new(Content::Bytes(Bytes::new())))
            .map_err(|error| HttpFailure { said: error.to_string(), transient: false })?;
        self.sender.ready().await.map_err(|error| HttpFailure::of(&error))?;
        self.tap.arm(Box::new(first_byte));
        let response = self.sender.send_request(request).await.map_err(|error| HttpFailure::of(&error))?;
        let (head, body) = response.into_parts();
        let body = collect(body, limit).await?;
        Ok(Response { status: head.status.as_u16(), headers: head.headers, body })
    }

    /// Whether the server said, with its last answer, that it will close.
    pub fn closes_after(response: &Response) -> bool {
        response.header(CONNECTION.as_str()).is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    /// Closes in order: our last byte now, then the server's. The task ends when both are through.
    pub fn close(self) -> Task<()> {
        self.driver
    }
}

async fn collect(mut body: Incoming, limit: usize) -> Result<Bytes, HttpFailure> {
    let mut whole = BytesMut::new();
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|error| HttpFailure::of(&error))?;
        if let Ok(data) = frame.into_data() {
            if whole.len() + data.len() > limit {
                return Err(HttpFailure { said: format!("the answer is larger than {limit} bytes"), transient: false });
            }
            whole.extend_from_slice(&data);
        }
    }
    Ok(whole.freeze())
}

/// Ends our half (with TLS's close_notify before the FIN), then waits for the other half, so that nothing of it is met by
/// a reset.
async fn say_goodbye<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    if stream.shutdown().await.is_ok() {
        let mut rest = [0; 512];
        while let Ok(1..) = stream.read(&mut rest).await {}
    }
}

/// How long the other side's end is waited for.
const LINGER: Duration = Duration::from_secs(60);
