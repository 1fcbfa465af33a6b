//! Facts of the link layer in plain words.

use base::event::{AccessFact, ArqFact, BridgeFact, LinkFact};

use super::count;

pub(super) fn link(fact: &LinkFact) -> String {
    match fact {
        LinkFact::NeighborFound { ip, mac, .. } => format!("learned that {ip} is at {mac}"),
        LinkFact::NeighborSilent { ip, .. } => format!("nobody answered for {ip}"),
        LinkFact::Queue { frames, .. } => format!("{} in the queue", count(u64::from(*frames), "frame")),
        LinkFact::Arq { fact, .. } => arq(fact),
        LinkFact::Access { fact, .. } => access(fact),
        LinkFact::Bridge { fact, .. } => bridge(fact),
    }
}

fn arq(fact: &ArqFact) -> String {
    match fact {
        ArqFact::State { from, to } => format!("{from} -> {to}"),
        ArqFact::Window { oldest, next, expected, held } => {
            let held = if *held > 0 { format!(", holds {held}") } else { String::new() };
            format!("V(A)={oldest} V(S)={next} V(R)={expected}{held}")
        }
        ArqFact::Resend { number, why } => format!("sends {number} again: {why}"),
        ArqFact::Timer { name, what } => format!("{name} {what}"),
        ArqFact::Deliver { number, len } => format!("delivers {number} ({len} bytes)"),
    }
}

fn access(fact: &AccessFact) -> String {
    match fact {
        AccessFact::Collision { attempt, bits, late } => {
            let late = if *late { ", late" } else { "" };
            format!("collision {attempt} after {}{late}", count(*bits, "bit"))
        }
        AccessFact::Backoff { slots, of } => format!("waits {slots} of {}", count(u64::from(*of), "slot")),
        AccessFact::Unanswered { attempt } => format!("no answer to attempt {attempt}"),
        AccessFact::Reserved { span } => format!("the medium is reserved for {span}"),
    }
}

fn bridge(fact: &BridgeFact) -> String {
    match fact {
        BridgeFact::Role { role, state } => format!("port is {role}, {state}"),
        BridgeFact::Flush => "the topology changed: forgets what it learned here".into(),
        BridgeFact::Storm => "frames come back that it has forwarded: a loop".into(),
    }
}

#[cfg(test)]
mod tests {
    use base::Port;

    use super::*;

    #[test]
    fn facts_of_links_read_as_phrases() {
        let arq = |fact| link(&LinkFact::Arq { port: Port(0), fact });
        assert_eq!(arq(ArqFact::Window { oldest: 2, next: 5, expected: 0, held: 1 }), "V(A)=2 V(S)=5 V(R)=0, holds 1");
        assert_eq!(arq(ArqFact::Resend { number: 3, why: "REJ" }), "sends 3 again: REJ");
        let fact = AccessFact::Collision { attempt: 2, bits: 512, late: true };
        assert_eq!(link(&LinkFact::Access { port: Port(0), fact }), "collision 2 after 512 bits, late");
    }
}
