//! HTTP/1 and the first words of TLS, told from the frames of connections about which no program recorded anything.

use base::Instant;
use wire::tcp::Flags;

use super::tell::{Teller, step};
use super::{Layer, Mood, Step};
use crate::conversation::tcp::{Connection, Segment};
use crate::dissect::http::Start;
use crate::dissect::tls::{Handshake, records};

pub(super) fn tell(teller: &mut Teller<'_>) {
    let connections = std::mem::take(&mut teller.connections);
    for connection in &connections {
        let recorded = teller.requests.iter().any(|request| request.uses(connection));
        if recorded {
            continue;
        }
        let mut told = 0;
        for segment in connection.segments.iter().filter(|s| s.len > 0 && !s.again && !s.flags.contains(Flags::SYN)) {
            if told == MAX_STEPS {
                break;
            }
            if let Some(step) = words(teller, connection, segment) {
                teller.tell(step);
                told += 1;
            }
        }
    }
    teller.connections = connections;
}

/// What a segment says, if a message starts with it.
fn words(teller: &Teller<'_>, connection: &Connection, segment: &Segment) -> Option<Step> {
    let data = teller.index.packets[segment.packet].view.tcp()?.data;
    let end = segment.arrived.unwrap_or(segment.sent);
    let told = match Start::parse(data) {
        Some(start) => http(&start, segment.sent, end),
        None => tls(data, segment.sent, end)?,
    };
    let (client, server) = (teller.name(connection.client_node), teller.who(connection.server.ip()));
    Some(match segment.by_client {
        true => told.between(client, server).ends(connection.client, connection.server),
        false => told.between(server, client).ends(connection.server, connection.client),
    })
}

fn http(start: &Start, at: Instant, end: Instant) -> Step {
    let (rfc, mood) = match start {
        Start::Request { .. } => ("RFC 9112, 3", Mood::Fine),
        Start::Response { status, .. } => ("RFC 9112, 4", if *status >= 400 { Mood::Trouble } else { Mood::Fine }),
    };
    step("HTTP", Layer::Application, at, end, format!("{}.", start.brief())).rfc(rfc).mood(mood)
}

fn tls(data: &[u8], at: Instant, end: Instant) -> Option<Step> {
    let records = records(data);
    let hello: &Handshake = records.first()?.handshakes.first()?;
    let what = match (hello.name(), &hello.server_name) {
        ("ClientHello", Some(name)) => format!("ClientHello: a key exchange is offered, for {name}."),
        ("ClientHello", None) => "ClientHello: a key exchange is offered.".into(),
        ("ServerHello", _) if hello.tls13 => "ServerHello: TLS 1.3; what follows is encrypted.".into(),
        ("ServerHello", _) => "ServerHello: TLS 1.2; the certificate follows in the clear.".into(),
        _ => return None,
    };
    Some(step("TLS", Layer::Security, at, end, what).rfc("RFC 8446, 4.1"))
}

/// Most messages told of one connection.
const MAX_STEPS: usize = 50;
