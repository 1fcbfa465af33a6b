//! Models: what the stack makes of segments in any order beside what a plain vector makes of them, and the state that any
//! sequence of calls and segments leads to beside the RFC's own diagram.

use std::collections::BTreeSet;

use base::event::TcpState;
use glassnet_testkit::*;
use proptest::prelude::*;
use stack::Buffer;

/// So many cases, or `PROPTEST_CASES`.
fn cases(n: u32) -> ProptestConfig {
    let default = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let n = if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { n };
    ProptestConfig { cases: n, ..default }
}

/// A receiver as anyone would write it: one place for each byte of the window.
struct Plain {
    text: Vec<u8>,
    have: Vec<bool>,
    /// The first byte that is missing.
    next: usize,
    window: usize,
}

impl Plain {
    fn new(len: usize, window: usize) -> Plain {
        Plain { text: pattern(1, len), have: vec![false; len], next: 0, window }
    }

    /// Takes what lies within the window.
    fn receive(&mut self, from: usize, len: usize, edge: usize) {
        for at in from.max(self.next)..(from + len).min(edge) {
            self.have[at] = true;
        }
        while self.have.get(self.next) == Some(&true) {
            self.next += 1;
        }
    }

    /// What lies behind gaps: first byte and the one behind the last.
    fn islands(&self) -> BTreeSet<(usize, usize)> {
        let mut islands = BTreeSet::new();
        let mut at = self.next;
        while at < self.have.len() {
            let len = self.have[at..].iter().take_while(|have| **have).count();
            if len > 0 {
                islands.insert((at, at + len));
            }
            at += len.max(1);
        }
        islands
    }
}

proptest! {
    #![proptest_config(cases(200))]

    //= rfc9293#3.10.7.4 SHLD-31 test
    //= rfc2018#4 test
    #[test]
    fn segments_in_any_order_make_the_text_that_a_plain_vector_makes(
        pieces in prop::collection::vec((0usize..12_000, 1usize..1400, any::<bool>()), 1..60)
    ) {
        let window = 8_000;
        let mut net = Puppet::new(seed!()).config(|c| (c.dsack, c.receive_buffer) = (false, Buffer::fixed(window)));
        let (conn, peer) = net.answer(|seg| seg.sack_permitted());
        let mut plain = Plain::new(14_000, window);
        let (mut heard, mut edge) = (Vec::new(), window);
        for (from, len, read) in pieces {
            let (start, before) = (peer.nxt, plain.next);
            net.send(peer.seg().seq(start + from as u32).text(&plain.text[from..from + len]));
            let inside = from < edge && from + len > before;
            plain.receive(from, len, edge);
            if let Some(answer) = net.take().pop() {
                prop_assert_eq!((answer.header.ack - start) as usize, plain.next);
                edge = edge.max(plain.next + usize::from(answer.header.window));
                let islands = plain.islands();
                let blocks: Vec<(usize, usize)> =
                    answer.options().sack.iter().map(|(a, b)| ((a - start) as usize, (b - start) as usize)).collect();
                for block in &blocks {
                    prop_assert!(islands.contains(block), "{:?} is none of {:?}", block, islands);
                }
let distinct: BTreeSet<_> = blocks.iter().collect();
                prop_assert_eq!(distinct.len(), blocks.len(), "{:?}", blocks);
                // The newest arrival stands first, where it is an island at all.
                let newest = islands.iter().find(|island| island.0 <= from.max(before) && from < island.1);
                if let (true, Some(newest)) = (inside && plain.next == before, newest) {
                    prop_assert_eq!(blocks.first(), Some(newest));
                }
            }
            if read {
                heard.extend(conn.recv());
                prop_assert_eq!(&heard[..], &plain.text[..plain.next]);
                // Reading may open the window.
                for update in net.take() {
                    edge = edge.max((update.header.ack - start) as usize + usize::from(update.header.window));
                }
            }
            prop_assert!(plain.islands().iter().map(|(a, b)| b - a).sum::<usize>() <= plain.window);
        }
        heard.extend(conn.recv());
        prop_assert_eq!(&heard[..], &plain.text[..plain.next]);
    }
}

/// What a program or its peer does next.
#[derive(Clone, Copy, Debug)]
enum Act {
    /// The program finishes.
    Close,
    /// The peer finishes.
    Fin,
    /// The peer acknowledges everything.
    Ack,
    /// Both in one segment.
    FinAck,
    /// The peer resets.
    Rst,
    /// Two segment lifetimes pass.
    Wait,
}

/// The state after an act, by figure 5 of RFC 9293 and section 3.10.7.
fn next(state: TcpState, act: Act) -> TcpState {
    use Act::{Ack, Close, Fin, FinAck, Rst, Wait};
    use TcpState::{CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, TimeWait};
    match (state, act) {
        (Closed, _) => Closed,
        (TimeWait, Wait) => Closed,
        // RFC 1337: a reset does not end TIME-WAIT.
        (TimeWait, _) => TimeWait,
        (_, Rst) => Closed,
        (Established, Close) => FinWait1,
        (CloseWait, Close) => LastAck,
        (Established, Fin | FinAck) => CloseWait,
        (FinWait1, Ack) => FinWait2,
        (FinWait1, Fin) => Closing,
        (FinWait1, FinAck) => TimeWait,
        (FinWait2, Fin | FinAck) => TimeWait,
        (Closing, Ack | FinAck) => TimeWait,
        (LastAck, Ack | FinAck) => Closed,
        (state, _) => state,
    }
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => Just(Act::Close),
        3 => Just(Act::Fin),
        3 => Just(Act::Ack),
        2 => Just(Act::FinAck),
        1 => Just(Act::Rst),
        1 => Just(Act::Wait),
    ]
}

proptest! {
    #![proptest_config(cases(400))]

    //= rfc9293#3.3.2 test
    #[test]
    fn any_way_of_closing_goes_through_the_states_of_the_diagram(acts in prop::collection::vec(act(), 1..8)) {
        let mut net = Puppet::new(seed!());
        let (conn, mut peer) = net.answer(|seg| seg);
        let (mut state, mut finished, mut waited) = (TcpState::Established, false, false);
        for act in acts {
            // Nobody waits for ever on a half-open connection: a wait is only for TIME-WAIT.
            if matches!(act, Act::Wait) && state != TcpState::TimeWait {
                continue;
            }
            match act {
                Act::Close => conn.shutdown(),
                Act::Wait => {
                    net.run_for(s(61));
                    waited = true;
                }
                Act::Rst => net.send(peer.seg().rst()),
                Act::Ack => net.send(peer.seg()),
                Act::Fin | Act::FinAck => {
                    let acknowledged = if matches!(act, Act::Fin) { peer.irs + 1 } else { peer.rcv };
                    // A FIN that was sent before is sent again, with its old number.
                    let seq = if finished { peer.nxt - 1 } else { peer.nxt };
                    net.send(peer.seg().seq(seq).ack(acknowledged).fin());
                    if !finished {
                        (finished, peer.nxt) = (true, peer.nxt + 1);
                    }
                }
            }
            let repeated = matches!(act, Act::Fin | Act::FinAck) && seen_before(state);
            state = match (repeated, act) {
                // What is repeated is acknowledged by its number alone.
                (true, _) => state,
                (false, act) => next(state, act),
            };
            for sent in net.take() {
                peer.rcv = peer.rcv.max(sent.header.seq + sent.header.segment_len(sent.text.len()));
            }
            prop_assert_eq!(conn.state(), state, "after {:?} (waited: {})", act, waited);
        }
    }
}

/// Whether the peer's FIN has been taken in this state: another one is a repetition.
fn seen_before(state: TcpState) -> bool {
    matches!(state, TcpState::CloseWait | TcpState::Closing | TcpState::LastAck | TcpState::TimeWait)
}
