//! Events as JSON lines in qlog's shape (draft-ietf-quic-qlog-main-schema): a header record, then one event a line.
//!
//! ```text
//! {"qlog_version":"0.4","qlog_format":"NDJSON","title":"…","trace":{"common_fields":{…},"vantage_point":{…}}}
//! {"time":12.000000,"name":"tcp:state_changed","node":"client","group_id":"192.0.2.1:5000 <-> …","data":{"old":"SYN-SENT",…}}
//! ```
//! It is the streaming form of qlog without its record separators, so that every line is JSON by itself. `time` is in
//! milliseconds from the start of the run, exact to the nanosecond, like every other time in it (`…_ms`). `node` says where
//! (a world has many vantage points), `group_id` which connection. Frames are not in it: they are in the captures.

use std::io;
use std::time::SystemTime;

use base::event::{
    AccessFact, AppFact, ArqFact, BridgeFact, DropReason, Event, Fact, Flow, InternetFact, LinkFact, RetransmitCause,
    TransportFact, Value,
};
use base::{Duration, PacketId, Port};
use serde_json::{Map, json};

use crate::recording::Recording;
use crate::render::calendar;

/// The lines, each without its line break. `epoch` is the moment of the calendar that the recording counts from.
pub fn lines(recording: &Recording, epoch: SystemTime) -> impl Iterator<Item = String> {
    let header = header(epoch);
    std::iter::once(header).chain(recording.events().iter().map(|event| line(recording, event)))
}

/// Writes all lines. The error is the writer's.
pub fn write(recording: &Recording, epoch: SystemTime, to: &mut dyn io::Write) -> io::Result<()> {
    for line in lines(recording, epoch) {
        to.write_all(line.as_bytes())?;
        to.write_all(b"\n")?;
    }
    Ok(())
}

fn header(epoch: SystemTime) -> String {
    let reference = json!({ "clock_type": "monotonic", "epoch": calendar::iso_8601(epoch, Duration::ZERO) });
    let fields = json!({ "time_format": "relative_to_epoch", "reference_time": reference });
    let point = json!({ "name": "glassnet", "type": "network" });
    json!({
        "qlog_version": "0.4",
        "qlog_format": "NDJSON",
        "title": "what happened in a run of glassnet",
        "trace": { "common_fields": fields, "vantage_point": point },
    })
    .to_string()
}

fn line(recording: &Recording, event: &Event) -> String {
    let told = Told::of(event);
    let at = event.at.nanos();
    let node = json!(recording.node_name(event.node));
    let name = json!(told.name);
    let mut line = format!("{{\"time\":{}.{:06},\"name\":{name},\"node\":{node}", at / 1_000_000, at % 1_000_000);
    if let Some(flow) = told.flow {
        line += &format!(",\"group_id\":{}", json!(flow.to_string()));
    }
    line += &format!(",\"data\":{}}}", serde_json::Value::Object(told.data));
    line
}

/// An event in qlog's words.
struct Told {
    name: String,
    flow: Option<Flow>,
    data: Map<String, serde_json::Value>,
}

impl Told {
    fn new(name: impl Into<String>, flow: Option<Flow>, data: serde_json::Value) -> Told {
        let data = if let serde_json::Value::Object(data) = data { data } else { Map::new() };
        Told { name: name.into(), flow, data }
    }

    fn of(event: &Event) -> Told {
        let mut told = match &event.fact {
            Fact::Drop(reason) => drop(*reason),
            Fact::Link(fact) => link(fact),
            Fact::Internet(fact) => internet(fact),
            Fact::Transport(fact) => transport(fact),
            Fact::App(fact) => app(fact),
        };
        if event.cause != PacketId::NONE {
            // As text: it has 64 bits, and a JSON number only 53.
            told.data.insert("packet_id".into(), json!(event.cause.0.to_string()));
        }
        told
    }
}

fn drop(reason: DropReason) -> Told {
    let layer = match reason {
        DropReason::Link(_) => "link",
        DropReason::Internet(_) => "internet",
        DropReason::Transport(_) => "transport",
    };
    Told::new("transport:packet_dropped", None, json!({ "trigger": reason.text(), "layer": layer }))
}

fn link(fact: &LinkFact) -> Told {
    match fact {
        LinkFact::NeighborFound { port, ip, mac } => {
            let data = json!({ "port": port.0, "ip": ip.to_string(), "mac": mac.to_string() });
            Told::new("link:neighbor_found", None, data)
        }
        LinkFact::NeighborSilent { port, ip } => {
            Told::new("link:neighbor_silent", None, json!({ "port": port.0, "ip": ip.to_string() }))
        }
        LinkFact::Queue { port, frames } => {
            Told::new("link:queue_updated", None, json!({ "port": port.0, "frames": frames }))
        }
        LinkFact::Arq { port, fact } => arq(*port, fact),
        LinkFact::Access { port, fact } => access(*port, fact),
        LinkFact::Bridge { port, fact } => match fact {
            BridgeFact::Role { role, state } => {
                Told::new("bridge:port_changed", None, json!({ "port": port.0, "role": role, "state": state }))
            }
            BridgeFact::Flush => Told::new("bridge:flushed", None, json!({ "port": port.0 })),
            BridgeFact::Storm => Told::new("bridge:storm", None, json!({ "port": port.0 })),
        },
    }
}

fn arq(port: Port, fact: &ArqFact) -> Told {
    let port = port.0;
    match fact {
        ArqFact::State { from, to } => {
            Told::new("hdlc:state_changed", None, json!({ "port": port, "old": from, "new": to }))
        }
        ArqFact::Window { oldest, next, expected, held } => {
            let data = json!({ "port": port, "va": oldest, "vs": next, "vr": expected, "held": held });
            Told::new("hdlc:window_updated", None, data)
        }
        ArqFact::Resend { number, why } => {
            Told::new("hdlc:frame_sent_again", None, json!({ "port": port, "ns": number, "trigger": why }))
        }
        ArqFact::Timer { name, what } => {
            Told::new("hdlc:timer_updated", None, json!({ "port": port, "timer": name, "event": what }))
        }
        ArqFact::Deliver { number, len } => {
            Told::new("hdlc:delivered", None, json!({ "port": port, "ns": number, "length": len }))
        }
    }
}

fn access(port: Port, fact: &AccessFact) -> Told {
    let port = port.0;
    match fact {
        AccessFact::Collision { attempt, bits, late } => {
            let data = json!({ "port": port, "attempt": attempt, "bits": bits, "late": late });
            Told::new("medium:collision", None, data)
        }
        AccessFact::Backoff { slots, of } => {
            Told::new("medium:backoff", None, json!({ "port": port, "slots": slots, "of": of }))
        }
        AccessFact::Unanswered { attempt } => {
            Told::new("medium:unanswered", None, json!({ "port": port, "attempt": attempt }))
        }
        AccessFact::Reserved { span } => {
            Told::new("medium:reserved", None, json!({ "port": port, "span_ns": span.nanos() }))
        }
    }
}

fn internet(fact: &InternetFact) -> Told {
    match fact {
        InternetFact::Fragmented { pieces, mtu } => {
            Told::new("ip:fragmented", None, json!({ "pieces": pieces, "mtu": mtu }))
        }
        InternetFact::Reassembled { len } => Told::new("ip:reassembled", None, json!({ "length": len })),
        InternetFact::IcmpErrorSent { to, message } => {
            Told::new("ip:icmp_error_sent", None, json!({ "to": to.to_string(), "message": message }))
        }
    }
}

fn transport(fact: &TransportFact) -> Told {
    match fact {
        TransportFact::State { flow, from, to } => {
            let data = json!({ "old": from.to_string(), "new": to.to_string() });
            Told::new("tcp:state_changed", Some(*flow), data)
        }
        TransportFact::Retransmit { flow, seq, len, cause } => {
            let data = json!({ "seq": seq.0, "length": len, "trigger": trigger(*cause) });
            Told::new("recovery:packet_retransmitted", Some(*flow), data)
        }
        TransportFact::Congestion { flow, why, cwnd: (before, after), ssthresh } => {
            let data = json!({
                "trigger": why, "old_congestion_window": before, "congestion_window": after, "ssthresh": ssthresh,
            });
            Told::new("recovery:congestion_state_updated", Some(*flow), data)
        }
        TransportFact::Metrics { flow, metrics: m } => {
            let data = json!({
                "congestion_window": m.cwnd,
                "ssthresh": (m.ssthresh != u32::MAX).then_some(m.ssthresh),
                "bytes_in_flight": m.in_flight,
                "smoothed_rtt": m.srtt.map(millis),
                "rto": millis(m.rto),
                "mss": m.mss,
                "delivered": m.delivered,
                "phase": m.phase,
            });
            Told::new("recovery:metrics_updated", Some(*flow), data)
        }
        TransportFact::Backoff { flow, rto } => {
            let data = json!({ "event_type": "expired", "timer_type": "rto", "delta": millis(*rto) });
            Told::new("recovery:loss_timer_updated", Some(*flow), data)
        }
        TransportFact::Failed { flow, why } => {
            Told::new("tcp:connection_failed", Some(*flow), json!({ "trigger": why }))
        }
    }
}

/// A program's step: its protocol is the category, its values are the data.
fn app(fact: &AppFact) -> Told {
    let fields = fact.fields.iter().map(|(name, value)| {
        let value = match value {
            Value::Text(text) => json!(text),
            Value::Number(number) => json!(number),
            Value::Ip(ip) => json!(ip.to_string()),
            Value::Span(span) => json!(millis(*span)),
        };
        ((*name).to_owned(), value)
    });
    let mut data: Map<_, _> = fields.collect();
    if fact.span != 0 {
        data.insert("span".into(), json!(fact.span));
    }
    Told { name: format!("{}:{}", fact.protocol, fact.step.replace('-', "_")), flow: None, data }
}

/// Why a segment was sent again, as one word of qlog's kind.
const fn trigger(cause: RetransmitCause) -> &'static str {
    match cause {
        RetransmitCause::Timeout => "retransmission_timeout",
        RetransmitCause::FastRetransmit => "fast_retransmit",
        RetransmitCause::Recovery => "recovery",
        RetransmitCause::TailProbe => "tail_loss_probe",
        RetransmitCause::WindowProbe => "window_probe",
    }
}

fn millis(span: Duration) -> f64 {
    span.nanos() as f64 / 1e6
}

#[cfg(test)]
mod tests {
    use base::event::TcpState;
    use base::{Instant, SeqNum};
    use serde_json::Value as Json;

    use super::*;
    use crate::film::Film;
    use crate::film::visit::{Plot, visit};

    fn parsed(recording: &Recording) -> Vec<Json> {
        let lines = lines(recording, SystemTime::UNIX_EPOCH);
        lines.map(|line| serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
    }

    #[test]
    fn the_first_line_says_what_the_others_are() {
        let lines = parsed(&Recording::default());
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["qlog_version"], "0.4");
        assert_eq!(lines[0]["trace"]["vantage_point"]["type"], "network");
        let reference = &lines[0]["trace"]["common_fields"]["reference_time"];
        assert_eq!(reference["epoch"], "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn every_event_is_one_line_of_json_with_time_name_and_data() {
        let recording = visit(Plot::AllIsWell).cut();
        let lines = parsed(&recording);
        assert_eq!(lines.len(), recording.events().len() + 1);
        for line in &lines[1..] {
            assert!(line["time"].is_number() && line["node"].is_string() && line["data"].is_object(), "{line}");
            assert!(line["name"].as_str().is_some_and(|name| name.contains(':')), "{line}");
        }
        let answer = lines.iter().find(|line| line["name"] == "dns:answer").unwrap();
        assert_eq!(answer["data"]["address"], "203.0.113.80");
        let dropped = lines.iter().find(|line| line["name"] == "transport:packet_dropped").unwrap();
        assert_eq!(dropped["data"]["trigger"], "queue full");
        assert!(dropped["data"]["packet_id"].is_string());
    }

    #[test]
    fn facts_of_tcp_have_their_names_and_causes() {
        let mut film = Film::new(&[("client", [192, 0, 2, 1])]);
        film.now = Instant::from_nanos(12_000_001);
        let flow = Flow { local: "192.0.2.1:5000".parse().unwrap(), remote: "192.0.2.2:80".parse().unwrap() };
        film.state("client", PacketId::NONE, flow, TcpState::SynSent, TcpState::Established);
        let cause = RetransmitCause::Timeout;
        let again = TransportFact::Retransmit { flow, seq: SeqNum(7), len: 1460, cause };
        film.event("client", PacketId::NONE, Fact::Transport(again));
        let recording = film.cut();
        let text: Vec<String> = lines(&recording, SystemTime::UNIX_EPOCH).collect();
        assert!(text[1].starts_with("{\"time\":12.000001,\"name\":\"tcp:state_changed\",\"node\":\"client\""));
        let lines = parsed(&recording);
        assert_eq!(lines[1]["data"]["new"], "ESTABLISHED");
        assert_eq!(lines[1]["group_id"], "192.0.2.1:5000 <-> 192.0.2.2:80");
        assert_eq!(lines[2]["data"]["trigger"], "retransmission_timeout");
        let mut written = Vec::new();
        write(&recording, SystemTime::UNIX_EPOCH, &mut written).unwrap();
        assert_eq!(written, format!("{}\n", text.join("\n")).into_bytes());
    }
}
