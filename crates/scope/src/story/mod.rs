//! The story: what happened, step by step, each in one plain sentence with its reason.
//!
//! Told from the recording alone. What is on the wire in the clear (DHCP, ARP, DNS, TCP, ICMP, the start of TLS) is told
//! from frames; what only the programs know (certificates, HTTP inside TLS, why a request was made) from what they
//! recorded. One file a protocol tells its steps; here they are put in order of time.

mod arp;
mod clear;
mod dhcp;
mod dns;
mod draw;
mod http;
mod icmp;
mod tcp;
mod tell;
mod tls;

use base::Instant;
use serde::Serialize;

use crate::recording::Recording;
use crate::render::{Style, json};
use tell::Teller;

/// A run as a sequence of steps.
#[derive(Clone, Default, Debug, Serialize)]
pub struct Story {
    /// In order of time.
    pub steps: Vec<Step>,
    /// The requests that the steps belong to.
    pub requests: Vec<Heading>,
    /// How the visit failed, if it did.
    pub failure: Option<Failure>,
    /// What the recording does not hold because it was full.
    pub missing: Option<String>,
}

/// One step.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// When it began.
    #[serde(rename = "at_ns", serialize_with = "json::instant")]
    pub at: Instant,
    /// When it was over.
    #[serde(rename = "end_ns", serialize_with = "json::instant")]
    pub end: Instant,
    /// Who spoke, or did it.
    pub from: String,
    /// To whom; empty for something that a node did by itself.
    pub to: String,
    /// `DHCP`, `ARP`, `DNS`, …
    pub protocol: &'static str,
    /// One plain sentence: what, and why.
    pub what: String,
    /// Where in the models of layers.
    pub layer: Layer,
    /// The ends: `192.0.2.100:50000 > 203.0.113.5:443`.
    pub addresses: String,
    /// Where it is specified: `RFC 9293, 3.5`.
    pub rfc: &'static str,
    /// What a closer look shows, a line each.
    pub detail: Vec<String>,
    /// The request that it belongs to.
    pub request: Option<usize>,
    /// How it went.
    pub mood: Mood,
}

/// A request, as a heading over its steps.
#[derive(Clone, Debug, Serialize)]
pub struct Heading {
    /// Counted from 1.
    pub number: usize,
    /// When it began.
    #[serde(rename = "at_ns", serialize_with = "json::instant")]
    pub at: Instant,
    /// What is wanted.
    pub url: String,
    /// Why: `typed`, `redirect`, `page`.
    pub initiator: String,
}

/// How a visit failed: who said what at which step, and what to try.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Failure {
    /// When.
    #[serde(rename = "at_ns", serialize_with = "json::instant")]
    pub at: Instant,
    /// At which step: `dns`, `tcp`, `tls`, `http`.
    pub step: String,
    /// Who said it.
    pub party: String,
    /// What was said.
    pub said: String,
    /// What to try.
    #[serde(rename = "try")]
    pub advice: String,
}

/// The layer of a step, in both models.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Frames between neighbours.
    Link,
    /// Packets across networks.
    Internet,
    /// Between programs.
    Transport,
    /// TLS: above transport, below the application.
    Security,
    /// What programs say.
    Application,
}

impl Layer {
    /// `link layer (OSI 2)`.
    pub const fn text(self) -> &'static str {
        match self {
            Layer::Link => "link layer (OSI 2)",
            Layer::Internet => "internet layer (OSI 3)",
            Layer::Transport => "transport layer (OSI 4)",
            Layer::Security => "application layer (OSI 5 and 6)",
            Layer::Application => "application layer (OSI 7)",
        }
    }
}

/// How a step went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mood {
    /// As it should.
    #[default]
    Fine,
    /// Something was lost, repeated or refused.
    Trouble,
    /// It ended the visit.
    Failure,
}

impl Story {
    /// Tells the story of a recording.
    pub fn of(recording: &Recording) -> Story {
        let mut teller = Teller::new(recording);
        dhcp::tell(&mut teller);
        arp::tell(&mut teller);
        dns::tell(&mut teller);
        tcp::tell(&mut teller);
        tls::tell(&mut teller);
        http::tell(&mut teller);
        clear::tell(&mut teller);
        icmp::tell(&mut teller);
        teller.finish()
    }

    /// The story for a terminal.
    pub fn text(&self, style: Style) -> String {
        draw::story(self, style)
    }

    /// For machines.
    pub fn json(&self) -> serde_json::Value {
        json::value(self)
    }

    /// The steps of one protocol.
    pub fn of_protocol(&self, protocol: &str) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.protocol == protocol)
    }
}

#[cfg(test)]
mod tests;
