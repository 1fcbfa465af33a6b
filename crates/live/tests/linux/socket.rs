//! Linux's part: a plain socket program, its kernel's settings, and curl.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use services::http::pattern;
use sha2::{Digest, Sha256};

use crate::program::{BLOCK, hex};

/// Sets `net.ipv4.NAME` of the namespace that the calling thread is in.
pub(crate) fn sysctl(name: &str, value: &str) {
    let path = format!("/proc/sys/net/ipv4/{name}");
    std::fs::write(&path, value).unwrap_or_else(|error| panic!("{path}: {error}"));
}

/// Takes the only real interface of the namespace down.
pub(crate) fn interface_down() {
    let list = Command::new("ip").args(["-o", "link", "show", "up"]).output().expect("`ip` runs");
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    let name = list.lines().filter_map(|line| line.split(": ").nth(1)).find(|name| name.starts_with("gt"));
    let done = Command::new("ip").args(["link", "set", name.expect("it is up"), "down"]).status();
    assert!(done.is_ok_and(|status| status.success()));
}

/// A connection that never waits longer than a test may.
pub(crate) fn connect(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&to, PATIENCE).expect("our host answers the SYN");
    patient(stream)
}

/// The same for one that was accepted.
pub(crate) fn patient(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
    stream.set_write_timeout(Some(PATIENCE)).expect("not zero");
    stream
}

/// Sends `len` bytes of the text, closes its half, and reads the answer to its end.
pub(crate) fn upload(to: SocketAddr, len: u64) -> String {
    let mut stream = connect(to);
    let mut at = 0;
    while at < len {
        let block = pattern(at, BLOCK.min(len - at) as usize);
        stream.write_all(&block).expect("our host takes it");
        at += block.len() as u64;
    }
    stream.shutdown(Shutdown::Write).expect("it is open");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("our host answers");
    answer
}

/// The hash of all that our host says.
pub(crate) fn download(from: SocketAddr) -> String {
    hash_to_end(&mut connect(from))
}

/// The hash of all that comes.
pub(crate) fn hash_to_end(from: &mut impl Read) -> String {
    let (mut hash, mut block) = (Sha256::new(), vec![0; 1 << 18]);
    loop {
        match from.read(&mut block).expect("it can be read") {
            0 => return hex(&hash.finalize()),
            n => hash.update(&block[..n]),
        }
    }
}

/// The hash of a file that curl fetches.
pub(crate) fn curl_download(url: &str) -> String {
    let mut curl = curl().arg(url).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("curl runs");
    let hash = hash_to_end(curl.stdout.as_mut().expect("it is piped"));
    assert!(curl.wait().expect("it can be waited for").success(), "curl failed");
    hash
}

/// What the server answers to `len` bytes of the text that curl sends.
pub(crate) fn curl_upload(url: &str, len: u64) -> String {
    let length = format!("Content-Length: {len}");
    let mut curl = curl();
    curl.args(["-T", "-", "-H", "Transfer-Encoding:", "-H", &length, url]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut curl = curl.spawn().expect("curl runs");
    let mut file = curl.stdin.take().expect("it is piped");
    let mut at = 0;
    while at < len {
        let block = pattern(at, BLOCK.min(len - at) as usize);
        file.write_all(&block).expect("curl reads it");
        at += block.len() as u64;
    }
    drop(file);
    let output = curl.wait_with_output().expect("it can be waited for");
    assert!(output.status.success(), "curl failed: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn curl() -> Command {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--fail", "--http1.1", "--max-time", "45"]);
    curl
}

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
