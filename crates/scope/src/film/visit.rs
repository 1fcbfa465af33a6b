//! A whole visit: DHCP, ARP, DNS with its walk, a redirect, TLS, a page and its style sheet.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use base::Mac;
use base::event::{AppFact, LinkDrop};
use wire::dhcp::{DhcpOption, Message, MessageType, Op};
use wire::tcp::Flags;

use super::dns::{Answer, message};
use super::{Conn, Fate, Film, v4};

/// What may go wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plot {
    AllIsWell,
    /// The TLD server never answers.
    SilentTld,
    /// There is no such name.
    NoSuchName,
    /// The server refuses the connection.
    Refused,
}

pub(crate) fn visit(plot: Plot) -> Film {
    let mut film = Film::new(&[
        ("laptop", [0, 0, 0, 0]),
        ("router", [192, 0, 2, 1]),
        ("resolver", [198, 51, 100, 53]),
        ("root", [203, 0, 113, 1]),
        ("tld", [203, 0, 113, 2]),
        ("ns1", [203, 0, 113, 3]),
        ("web", [203, 0, 113, 80]),
    ]);
    film.fact("laptop", AppFact::new("visit", "start", 0).with("url", "http://www.example.com/"));
    dhcp(&mut film);
    request(&mut film, 1, "http://www.example.com/", 80, "typed");
    film.arp("laptop", "router");
    if !lookup(&mut film, 1, plot) {
        return film;
    }
    if plot == Plot::Refused {
        refused(&mut film);
        return film;
    }
    let mut first = connect(&mut film, 1, 50_000, 80);
    exchange(&mut film, &mut first, 1, "/", b"HTTP/1.1 301 Moved Permanently\r\n\r\n", 301);
    let redirect = AppFact::new("visit", "redirect", 1).with("from", "http://www.example.com/");
    film.fact("laptop", redirect.with("to", "https://www.example.com/").with("status", 301));
    request(&mut film, 2, "https://www.example.com/", 443, "redirect");
    let mut second = connect(&mut film, 2, 50_001, 443);
    tls(&mut film, &mut second, 2);
    exchange(&mut film, &mut second, 2, "/", &[23, 3, 3, 4, 0], 200);
    let list = AppFact::new("visit", "resources", 2).with("count", 1).with("list", "/style.css");
    film.fact("laptop", list);
    request(&mut film, 3, "https://www.example.com/style.css", 443, "page");
    film.fact("laptop", AppFact::new("visit", "reused-connection", 3).with("host", "www.example.com"));
    exchange(&mut film, &mut second, 3, "/style.css", &[23, 3, 3, 1, 0], 200);
    let page = AppFact::new("visit", "page", 0).with("status", 200).with("title", "Example").with("resources", 1);
    film.fact("laptop", page);
    first.close(&mut film);
    second.close(&mut film);
    film
}

fn dhcp(film: &mut Film) {
    let mac = Mac::local(1);
    let client = |kind| Message::new(Op::Request, 0x1234, mac).with(DhcpOption::MessageType(kind));
    let router = v4(film.ip("router"));
    let server = |kind| {
        let mut message = Message::new(Op::Reply, 0x1234, mac).with(DhcpOption::MessageType(kind));
        message.yiaddr = Ipv4Addr::new(192, 0, 2, 100);
        message
            .with(DhcpOption::ServerId(router))
            .with(DhcpOption::LeaseTime(3600))
            .with(DhcpOption::SubnetMask(Ipv4Addr::new(255, 255, 255, 0)))
            .with(DhcpOption::Router(vec![router]))
            .with(DhcpOption::DomainNameServer(vec![Ipv4Addr::new(198, 51, 100, 53)]))
    };
    let request = client(MessageType::Request)
        .with(DhcpOption::RequestedIp(Ipv4Addr::new(192, 0, 2, 100)))
        .with(DhcpOption::ServerId(router));
    let from_client = (SocketAddr::from(([0, 0, 0, 0], 68)), SocketAddr::from(([255, 255, 255, 255], 67)));
    let from_server = (SocketAddr::from((router, 67)), SocketAddr::from(([192, 0, 2, 100], 68)));
    for (message, client) in [
        (client(MessageType::Discover), true),
        (server(MessageType::Offer), false),
        (request, true),
        (server(MessageType::Ack), false),
    ] {
        let (src, dst) = if client { from_client } else { from_server };
        let packet = film.udp(src, dst, &message.emit());
        let path = if client { ["laptop", "router"] } else { ["router", "laptop"] };
        film.carry(&path, &packet, Fate::Arrives);
    }
    film.rename("laptop", [192, 0, 2, 100]);
}

fn request(film: &mut Film, span: u64, url: &str, port: u64, initiator: &str) {
    let fact = AppFact::new("visit", "request", span).with("url", url).with("host", "www.example.com");
    film.fact("laptop", fact.with("port", port).with("initiator", initiator).with("parent", 0));
}

/// The question, the walk and the answer; whether there was an address.
fn lookup(film: &mut Film, span: u64, plot: Plot) -> bool {
    let name = "www.example.com";
    let server = film.ip("resolver");
    film.fact("laptop", AppFact::new("dns", "lookup", span).with("name", name).with("server", server));
    let way = ["laptop", "router", "resolver"];
    question(film, &way, 50_100, 1, Fate::Arrives);
    let referral = |film: &mut Film, server: &'static str, id, answer| {
        question(film, &["resolver", "router", server], 53_000 + id, id, Fate::Arrives);
        answer_from(film, &["resolver", "router", server], 53_000 + id, id, answer);
    };
    referral(film, "root", 11, Answer::Referral("com", "a.tld.test", [203, 0, 113, 2]));
    if plot == Plot::SilentTld {
        for n in 0..3 {
            question(film, &["resolver", "router", "tld"], 53_020 + n, 20 + n, Fate::Lost(2));
            film.sleep_ms(1000);
        }
        answer_from(film, &way, 50_100, 1, Answer::Failure);
        return give_up(film, span, "dns", "resolver", "SERVFAIL");
    }
    referral(film, "tld", 12, Answer::Referral("example.com", "ns1.example.com", [203, 0, 113, 3]));
    if plot == Plot::NoSuchName {
        referral(film, "ns1", 13, Answer::NoSuchName);
        answer_from(film, &way, 50_100, 1, Answer::NoSuchName);
        return give_up(film, span, "dns", "ns1", "NXDOMAIN");
    }
    referral(film, "ns1", 13, Answer::Address([203, 0, 113, 80]));
    answer_from(film, &way, 50_100, 1, Answer::Address([203, 0, 113, 80]));
    let web = film.ip("web");
    film.fact(
        "laptop",
        AppFact::new("dns", "answer", span).with("name", name).with("address", web).with("rcode", "NOERROR"),
    );
    true
}

fn give_up(film: &mut Film, span: u64, step: &str, party: &str, said: &str) -> bool {
    film.fact("laptop", AppFact::new("dns", "answer", span).with("name", "www.example.com").with("error", said));
    let fact = AppFact::new("visit", "failed", span).with("step", step).with("party", party).with("said", said);
    film.fact("laptop", fact.with("try", "check the spelling of the name"));
    false
}

fn ends(film: &Film, path: &[&str], port: u16) -> (SocketAddr, SocketAddr) {
    let ip = |film: &Film, host: &str| -> IpAddr { film.ip(host) };
    (SocketAddr::new(ip(film, path[0]), port), SocketAddr::new(ip(film, path[path.len() - 1]), 53))
}

fn question(film: &mut Film, path: &[&'static str], port: u16, id: u16, fate: Fate) {
    let (src, dst) = ends(film, path, port);
    let packet = film.udp(src, dst, &message(id, "www.example.com", Answer::Question));
    film.carry(path, &packet, fate);
}

fn answer_from(film: &mut Film, path: &[&'static str], port: u16, id: u16, answer: Answer<'_>) {
    let (src, dst) = ends(film, path, port);
    let packet = film.udp(dst, src, &message(id, "www.example.com", answer));
    let back: Vec<&str> = path.iter().rev().copied().collect();
    film.carry(&back, &packet, Fate::Arrives);
}

fn connect(film: &mut Film, span: u64, port: u16, server_port: u16) -> Conn {
    let mut conn = Conn::new(film, &["laptop", "router", "web"], port, server_port);
    let (address, port) = (film.ip("web"), u64::from(server_port));
    film.fact("laptop", AppFact::new("tcp", "connect", span).with("address", address).with("port", port));
    conn.client(film, Flags::SYN, b"", Fate::Arrives);
    conn.server(film, Flags::SYN | Flags::ACK, b"", Fate::Arrives);
    let (local, remote) = (conn.client.to_string(), conn.server.to_string());
    film.fact("laptop", AppFact::new("tcp", "connected", span).with("local", local).with("remote", remote));
    conn.client(film, Flags::ACK, b"", Fate::Arrives);
    conn
}

fn refused(film: &mut Film) {
    let mut conn = Conn::new(film, &["laptop", "router", "web"], 50_000, 80);
    let address = film.ip("web");
    film.fact("laptop", AppFact::new("tcp", "connect", 1).with("address", address).with("port", 80));
    conn.client(film, Flags::SYN, b"", Fate::Arrives);
    conn.server(film, Flags::RST | Flags::ACK, b"", Fate::Arrives);
    film.fact("laptop", AppFact::new("tcp", "failed", 1).with("error", "connection refused"));
    let fact = AppFact::new("visit", "failed", 1).with("step", "tcp").with("party", "web");
    film.fact("laptop", fact.with("said", "connection refused").with("try", "another port"));
}

fn tls(film: &mut Film, conn: &mut Conn, span: u64) {
    film.fact("laptop", AppFact::new("tls", "start", span).with("name", "www.example.com"));
    conn.client(film, Flags::PSH | Flags::ACK, &[22, 3, 1, 0, 4, 1, 0, 0, 0], Fate::Arrives);
    let flight = [22, 3, 3, 0, 4, 2, 0, 0, 0, 20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 2, 9, 9];
    conn.server(film, Flags::PSH | Flags::ACK, &flight, Fate::Arrives);
    let done = AppFact::new("tls", "done", span).with("version", "TLS 1.3").with("cipher", "TLS13_AES_128_GCM_SHA256");
    let done = done.with("issuer", "Glassnet Intermediate CA").with("subject", "www.example.com");
    film.fact("laptop", done.with("not_after", "2049-12-31"));
}

fn exchange(film: &mut Film, conn: &mut Conn, span: u64, target: &str, response: &[u8], status: u64) {
    film.fact("laptop", AppFact::new("http", "request", span).with("method", "GET").with("target", target));
    conn.client(film, Flags::PSH | Flags::ACK, format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes(), Fate::Arrives);
    if span == 3 {
        conn.server(film, Flags::PSH | Flags::ACK, response, Fate::Dropped(1, LinkDrop::QueueFull.into()));
        film.sleep_ms(200);
        conn.server_again(film, Flags::PSH | Flags::ACK, response, Fate::Arrives);
    } else {
        conn.server(film, Flags::PSH | Flags::ACK, response, Fate::Arrives);
    }
    film.fact("laptop", AppFact::new("http", "first-byte", span));
    let fact = AppFact::new("http", "response", span).with("status", status).with("length", response.len() as u64);
    let fact = fact.with("type", "text/html");
    let location = "https://www.example.com/";
    film.fact("laptop", if status == 301 { fact.with("location", location) } else { fact });
}
