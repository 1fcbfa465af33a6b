//! Programs of our host: they send a known text, hash what they hear, and serve pages.

use std::future::Future;
use std::net::SocketAddr;

use net::{Net, TcpError, TcpStream};
use services::http::{Reply, Site, WebServer, pattern};
use sha2::{Digest, Sha256};

/// Takes connections for ever.
pub(crate) async fn serve<F>(net: Net, at: SocketAddr, each: impl Fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = net.tcp_listen(at).expect("the port is free");
    loop {
        let (stream, _) = listener.accept().await;
        net.spawn(each(stream)).detach();
    }
}

/// Says back what it hears, until the other side finishes.
pub(crate) async fn echo(stream: TcpStream) {
    while let Ok(bytes) = stream.recv(100).await
        && !bytes.is_empty()
    {
        let _ = send(&stream, &bytes).await;
    }
}

/// Says the text, finishes, and waits until the other side has finished too.
pub(crate) async fn say(stream: TcpStream, len: u64) {
    let _ = say_all(&stream, len).await;
    stream.finish();
    let _ = hash_to_end(&stream).await;
}

async fn say_all(stream: &TcpStream, len: u64) -> Result<(), TcpError> {
    let mut at = 0;
    while at < len {
        let block = pattern(at, BLOCK.min(len - at) as usize);
        send(stream, &block).await?;
        at += block.len() as u64;
    }
    Ok(())
}

/// Hears everything, then says its hash.
pub(crate) async fn hash(stream: TcpStream) {
    if let Ok(hash) = hash_to_end(&stream).await {
        let _ = send(&stream, hash.as_bytes()).await;
    }
    stream.finish();
    let _ = stream.recv(1).await;
}

/// All bytes, sent.
pub(crate) async fn send(stream: &TcpStream, mut bytes: &[u8]) -> Result<(), TcpError> {
    while !bytes.is_empty() {
        let taken = stream.send(bytes).await?;
        bytes = &bytes[taken..];
    }
    Ok(())
}

/// The hash of all that comes.
pub(crate) async fn hash_to_end(stream: &TcpStream) -> Result<String, TcpError> {
    let mut hash = Sha256::new();
    loop {
        match stream.recv(1 << 20).await? {
            bytes if bytes.is_empty() => return Ok(hex(&hash.finalize())),
            bytes => hash.update(&bytes),
        }
    }
}

/// A web server with one page of `len` bytes at `/file`.
pub(crate) async fn pages(net: Net, at: SocketAddr, len: u64) {
    let site = Site::any().page("/file", Reply::pattern(len));
    let _ = WebServer::new([site]).run(net, at).await;
}

/// Answers one HTTP request that carries a file (`curl -T`) with the file's hash.
pub(crate) async fn take_file(stream: TcpStream) {
    let mut head = Vec::new();
    let end = loop {
        match stream.recv(1 << 16).await {
            Ok(bytes) if !bytes.is_empty() => head.extend_from_slice(&bytes),
            _ => return,
        }
        if let Some(at) = head.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
    };
    let text = String::from_utf8_lossy(&head[..end]).to_lowercase();
    let len = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let Some(len) = len else { return };
    if text.contains("100-continue") && send(&stream, b"HTTP/1.1 100 Continue\r\n\r\n").await.is_err() {
        return;
    }
    let mut hash = Sha256::new_with_prefix(&head[end..]);
    let mut heard = head.len() - end;
    while heard < len {
        match stream.recv(1 << 20).await {
            Ok(bytes) if !bytes.is_empty() => {
                hash.update(&bytes);
                heard += bytes.len();
            }
            _ => return,
        }
    }
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 64\r\nConnection: close\r\n\r\n{}", hex(&hash.finalize()));
    let _ = send(&stream, answer.as_bytes()).await;
    stream.finish();
    let _ = stream.recv(1).await;
}

/// The hash of the first `len` bytes of the text.
pub(crate) fn hash_of_text(len: u64) -> String {
    let mut hash = Sha256::new();
    let mut at = 0;
    while at < len {
        let block = pattern(at, BLOCK.min(len - at) as usize);
        hash.update(&block);
        at += block.len() as u64;
    }
    hex(&hash.finalize())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) const BLOCK: u64 = 1 << 20;
