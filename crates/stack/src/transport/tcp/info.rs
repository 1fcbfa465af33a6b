//! A snapshot of one connection, and what it waits for.

use base::Duration;
use base::event::TcpState;

use super::connection::{Connection, Phase};
use super::sender::SendHalf;
use crate::socket::{Agreed, LossPhase, TcpInfo, Totals, Waiting};
use crate::transport::Path;

impl Connection {
    pub(crate) fn info(&self, path: &Path) -> TcpInfo {
        let state = self.state();
        let mut info = TcpInfo {
            state,
            waits_for: self.waits_for(),
            phase: LossPhase::Open,
            options: Agreed::default(),
            scales: (0, 0),
            congestion: self.settings.congestion,
            send_mss: 0,
            receive_mss: 0,
            path_mtu: path.mtu,
            cwnd: 0,
            ssthresh: u32::MAX,
            send_window: 0,
            receive_window: 0,
            in_flight: 0,
            not_sent: self.tx.len() as u32,
            unread: self.rx.len() as u32,
            rtt: None,
            rto: Duration::ZERO,
            backoff: 0,
            retries: 0,
            board: Default::default(),
            reordering: 3,
            totals: Totals::default(),
            pacing_rate: None,
            delivery_rate: None,
            //= rfc9293#3.9.2.2 SHLD-25
            soft_error: self.hint,
            last_sent: None,
            last_received: None,
        };
        if let Phase::Synchronized(open) = &self.phase {
            open.describe(&mut info);
            info.not_sent = self.tx.len() as u32 - info.in_flight.min(self.tx.len() as u32);
        }
        info
    }

    /// What the connection waits for.
    pub(crate) fn waits_for(&self) -> Waiting {
        match &self.phase {
            Phase::Handshake(_) => Waiting::Handshake,
            Phase::TimeWait(_) => Waiting::TimeWait,
            Phase::Closed => Waiting::Nothing,
            Phase::Synchronized(open) => {
                let waits = open.snd.waits_for(&self.tx);
                let only_listening = waits == Waiting::Program && open.snd.half() == SendHalf::FinAcked;
                if only_listening || self.state() == TcpState::FinWait2 { Waiting::PeerFin } else { waits }
            }
        }
    }
}
