//! What must hold: at every moment, and in the end.

use std::collections::BTreeMap;

use base::event::{Flow, TcpState};
use base::{Duration, Instant, NodeId};
use stack::{Host, Waiting};

use crate::errand::Errand;
use crate::record::{Record, SIDES};
use crate::town::Town;

/// What is remembered from one look to the next.
#[derive(Default, Debug)]
pub(crate) struct Memory {
    /// Connections of one host, at most.
    pub(crate) connections: usize,
    /// Bytes in the buffers of one host's connections, at most.
    pub(crate) buffered: usize,
    /// Connections that want to send and wait for their turn at the interface: they have no deadline. Since when.
    in_line: BTreeMap<(NodeId, Flow), Instant>,
}

/// Looks at all hosts while time stands still.
pub(crate) fn look(town: &mut Town, errands: &[(Errand, Record)], memory: &mut Memory) -> Result<(), String> {
    for (errand, record) in errands {
        let facts = record.lock();
        if let Some(broken) = &facts.broken {
            return Err(format!("{errand}: {broken}"));
        }
        for (way, side) in facts.ways.iter().zip(SIDES) {
            if way.heard > way.said {
                return Err(format!("{errand}: {} bytes of the {side} were heard, {} said", way.heard, way.said));
            }
        }
    }
    let now = town.world.now();
    for node in town.stacks.clone() {
        let found = town.world.with_host(node, |host| look_at(host, node, now, memory));
        found.map_err(|what| format!("{}: {what}", town.world.name(node)))?;
    }
    Ok(())
}

fn look_at(host: &Host, node: NodeId, now: Instant, memory: &mut Memory) -> Result<(), String> {
    for (port, config) in host.interfaces() {
        if host.queue_len(port) > config.queue_frames {
            return Err(format!(
                "{} frames wait at {}, of at most {}",
                host.queue_len(port),
                config.name,
                config.queue_frames
            ));
        }
    }
    let mut waits: Option<Vec<String>> = None;
    let (mut connections, mut buffered) = (0, 0);
    for (id, flow, state) in host.tcp_connections() {
        connections += 1;
        let Some(info) = host.tcp_info(id) else { return Err(format!("{flow} is listed and has no snapshot")) };
        let waiting = info.not_sent + info.in_flight;
        buffered += (waiting + info.unread) as usize;
        let config = host.config();
        if waiting as usize > config.send_buffer.most.max(SEND_BUFFER_OF_ABORT) {
            return Err(format!("{flow} keeps {waiting} bytes to send, of at most {}", config.send_buffer.most));
        }
        if info.unread as usize > config.receive_buffer.most {
            return Err(format!(
                "{flow} keeps {} bytes unread, of at most {}",
                info.unread, config.receive_buffer.most
            ));
        }
        if info.board.unacknowledged as usize > SEGMENTS {
            return Err(format!("{flow} remembers {} segments", info.board.unacknowledged));
        }
        if state == TcpState::Closed {
            continue; // only its program still holds it
        }
        match info.waits_for {
            Waiting::Nothing => return Err(format!("{flow} is in {state} and waits for nothing")),
            // Nobody else can wake it: it must have a deadline of its own.
            Waiting::Handshake
            | Waiting::CongestionWindow
            | Waiting::PeerWindow
            | Waiting::Company
            | Waiting::Pacing
            | Waiting::Acknowledgement
            | Waiting::TimeWait => {
                let waits = waits.get_or_insert_with(|| host.waiting().map(|wake| format!("{:?}", wake.why)).collect());
                let flow_text = format!("{flow:?}");
                if waits.iter().any(|why| why.contains(&flow_text)) {
                    memory.in_line.remove(&(node, flow));
                } else if now.since(*memory.in_line.entry((node, flow)).or_insert(now)) > IN_LINE {
                    return Err(format!(
                        "{flow} is in {state}, waits for {} and has no deadline: {info:?}",
                        info.waits_for
                    ));
                }
            }
            Waiting::Program | Waiting::Interface | Waiting::PeerFin => drop(memory.in_line.remove(&(node, flow))),
        }
    }
    if buffered > host.config().buffer_budget {
        return Err(format!("{buffered} bytes are buffered, of at most {}", host.config().buffer_budget));
    }
    if connections > CONNECTIONS {
        return Err(format!("{connections} connections are remembered"));
    }
    memory.connections = memory.connections.max(connections);
    memory.buffered = memory.buffered.max(buffered);
    Ok(())
}

/// A number that changes with everything that any program achieves.
pub(crate) fn progress(errands: &[(Errand, Record)]) -> u64 {
    let of = |record: &Record| {
        let facts = record.lock();
        let ways: u64 = facts.ways.iter().map(|way| way.said + way.heard).sum();
        ways + facts.opened + facts.ended.iter().sum::<u64>() + u64::from(facts.over)
    };
    errands.iter().map(|(_, record)| of(record)).sum()
}

/// Whether every program has ended.
pub(crate) fn all_over(errands: &[(Errand, Record)]) -> bool {
    errands.iter().all(|(errand, record)| {
        let (facts, expected) = (record.lock(), errand.expects());
        facts.broken.is_some() || facts.over && facts.ended == [expected.connections; 2]
    })
}

/// Holds what became of an errand against what should have become of it.
pub(crate) fn judge(errand: &Errand, record: &Record) -> Result<(), String> {
    let (facts, expected) = (record.lock(), errand.expects());
    if let Some(broken) = &facts.broken {
        return Err(format!("{errand}: {broken}"));
    }
    if !facts.over || facts.ended != [expected.connections; 2] {
        return Err(format!("{errand}: did not end: {facts:?}"));
    }
    let Some(said) = expected.said else { return Ok(()) };
    for ((way, said), side) in facts.ways.iter().zip(said).zip(SIDES) {
        if (way.said, way.heard) != (said, said) {
            return Err(format!(
                "{errand}: the {side} meant to say {said} bytes, said {}, {} were heard",
                way.said, way.heard
            ));
        }
        // Connections side by side mix their bytes in no order; each was checked by itself.
        if expected.connections == 1 && way.said_hash != way.heard_hash {
            return Err(format!("{errand}: what was heard of the {side} is not what was said"));
        }
    }
    Ok(())
}

/// The end of everything: no connection, no deadline, no event.
pub(crate) fn nothing_left(town: &mut Town) -> Result<(), String> {
    for node in town.stacks.clone() {
        let left: Vec<String> = town.world.with_host(node, |host| {
            host.tcp_connections().map(|(_, flow, state)| format!("{flow} in {state}")).collect()
        });
        if !left.is_empty() {
            return Err(format!("{} still has {}", town.world.name(node), left.join(", ")));
        }
    }
    let left: Vec<String> = town.world.explain().iter().map(|(who, wake)| format!("{who} waits for {wake}")).collect();
    if left.is_empty() { Ok(()) } else { Err(left.join(", ")) }
}

/// Programs that break off choose this one.
const SEND_BUFFER_OF_ABORT: usize = 20_000;
/// A window of 32 MiB in segments of 512 bytes.
const SEGMENTS: usize = 1 << 16;
/// What is ready to be sent leaves within this: a full queue of large frames on the slowest cable takes as long.
const IN_LINE: Duration = Duration::from_secs(60);
/// All errands of a run together, with what TIME-WAIT remembers.
const CONNECTIONS: usize = 2_000;
