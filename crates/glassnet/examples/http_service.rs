//! A small HTTP service of one's own, tested over a line that loses 5 % of its frames and is cut for a second.
//!
//! The service and its client are ordinary async code over `AsyncRead + AsyncWrite`: in production they run on tokio, here
//! on hosts of a world, in virtual time. `cargo run -p glassnet --example http_service`

use std::io;
use std::sync::{Arc, Mutex};

use glassnet::prelude::*;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

// ---- the application: nothing here knows Glassnet --------------------------------------------------------------------

/// Counts visits: `POST /` adds one, `GET /` tells how many there were.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(stream: S, visits: Arc<Mutex<u64>>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut request = String::new();
        if stream.read_line(&mut request).await? == 0 {
            return Ok(());
        }
        let mut header = String::new();
        while stream.read_line(&mut header).await? > 2 {
            header.clear();
        }
        let body = {
            let mut visits = visits.lock().expect("nobody panics with it");
            *visits += u64::from(request.starts_with("POST "));
            visits.to_string()
        };
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        stream.get_mut().write_all(answer.as_bytes()).await?;
    }
}

/// Asks once over an open connection.
async fn ask<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut BufReader<S>, method: &str) -> io::Result<u64> {
    let request = format!("{method} / HTTP/1.1\r\nHost: counter\r\n\r\n");
    stream.get_mut().write_all(request.as_bytes()).await?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? <= 2 {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    String::from_utf8_lossy(&body).parse().map_err(io::Error::other)
}

// ---- its test --------------------------------------------------------------------------------------------------------

/// A hundred visits over a bad line.
fn a_hundred_visits() -> Lab {
    let visits = Arc::new(Mutex::new(0));
    let server = service("counter", move |net, _| {
        let visits = visits.clone();
        async move {
            let listener = net.tcp_listen("0.0.0.0:80".parse()?)?;
            loop {
                let (stream, _) = listener.accept().await;
                net.spawn(serve(stream, visits.clone())).detach();
            }
        }
    });
    let client = program("visitor", |net, names| async move {
        let mut stream = BufReader::new(net.tcp_connect(names.resolve("server", 80)?).await?);
        for _ in 0..100 {
            ask(&mut stream, "POST").await?;
        }
        let counted = ask(&mut stream, "GET").await?;
        net.record(AppFact::new("counter", "told", 0).with("visits", counted));
        Ok(())
    });
    let bad_line = Cable::ethernet(10_000_000, Duration::from_millis(20));
    let scenario = Scenario::new("http-service")
        .node(NodeSpec::host("client").run(client))
        .node(NodeSpec::host("server").run(server))
        .join("client", "server", bad_line)
        .at(Duration::ZERO, Do::lose("client-server", 0.05))
        .at(Duration::from_secs(1), Do::SetLink { link: "client-server".into(), up: false })
        .at(Duration::from_secs(2), Do::SetLink { link: "client-server".into(), up: true })
        .expect(expect("last(counter.told).visits == 100"))
        .expect(expect("count(retransmits) > 0"));
    Lab::new(scenario.addressed())
}

fn main() {
    for seed in 1..=20 {
        let outcome = a_hundred_visits().run(seed).expect("the world can be built");
        outcome.assert();
        println!("seed {seed:2}: 100 visits counted after {}", outcome.now);
    }
}
