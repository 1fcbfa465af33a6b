//! Stories of the web server, asked by hand, byte by byte.

mod town;

use base::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use town::*;

/// Sends these bytes to the server in clear text and reads all that comes back.
fn say(words: &str) -> String {
    let mut town = Town::new(1);
    let words = words.to_owned();
    town.on_laptop(|net| async move {
        let mut stream = net.tcp_connect(socket(80, 80)).await.unwrap();
        stream.write_all(words.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut heard = Vec::new();
        let _ = net.timeout(Duration::from_secs(100), stream.read_to_end(&mut heard)).await;
        String::from_utf8_lossy(&heard).into_owned()
    })
}

#[test]
fn an_answer_carries_its_length_its_type_and_the_world_s_date() {
    let heard = say("GET / HTTP/1.1\r\nHost: web.example.com\r\n\r\n");
    let lines: Vec<_> = heard.lines().collect();
    assert_eq!(lines[0], "HTTP/1.1 200 OK");
    for line in ["content-type: text/html; charset=utf-8", "content-length: 28", "date: Fri, 15 Jan 2027 08:00:00 GMT"]
    {
        assert!(lines.contains(&line), "{heard}");
    }
    assert!(heard.ends_with("\r\n\r\n<title>Plain</title><p>plain"), "{heard}");
}

//= rfc9110#9.3.2 test
#[test]
fn head_is_answered_like_get_without_the_content() {
    let heard = say("HEAD / HTTP/1.1\r\nHost: web.example.com\r\n\r\n");
    assert!(heard.starts_with("HTTP/1.1 200 OK") && heard.contains("content-length: 28"), "{heard}");
    assert!(heard.ends_with("\r\n\r\n"), "{heard}");
}

#[test]
fn requests_follow_each_other_on_one_connection() {
    let heard = say("GET / HTTP/1.1\r\nHost: web.example.com\r\n\r\nGET /x HTTP/1.1\r\nHost: web.example.com\r\n\r\n");
    assert_eq!(heard.matches("HTTP/1.1 ").count(), 2, "{heard}");
    assert!(heard.contains("HTTP/1.1 404 Not Found"), "{heard}");
}

//= rfc9112#3.2 test
#[test]
fn a_request_that_no_one_may_send_is_refused() {
    for (words, status) in [
        ("GET / HTTP/1.1\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: stranger.test\r\n\r\n", "421"),
        ("POST / HTTP/1.1\r\nHost: web.example.com\r\nContent-Length: 3\r\n\r\nabc", "405"),
        ("BREW / HTTP/1.1\r\nHost: web.example.com\r\n\r\n", "501"),
        ("\x16\x03\x01 this is no HTTP\r\n\r\n", "400"),
    ] {
        let heard = say(words);
        assert!(heard.starts_with(&format!("HTTP/1.1 {status}")), "{words:?}: {heard}");
    }
}

#[test]
fn a_client_that_says_nothing_is_shown_out() {
    let mut town = Town::new(1);
    let waited = town.on_laptop(|net| async move {
        let mut stream = net.tcp_connect(socket(80, 80)).await.unwrap();
        let began = net.now();
        let _ = stream.read(&mut [0; 10]).await;
        net.now() - began
    });
    assert!(waited >= Duration::from_secs(59) && waited < Duration::from_secs(62), "{waited}");
}
