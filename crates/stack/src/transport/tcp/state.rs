//! The eleven states of RFC 9293, section 3.3.2, *derived* from the halves of a connection.
//!
//! ```text
//!                       receiving half
//!                  open            finished
//! sending half
//!   open           ESTABLISHED     CLOSE-WAIT
//!   FIN queued,    FIN-WAIT-1      peer finished first: LAST-ACK
//!   FIN sent                       we finished first:   CLOSING
//!   FIN acked      FIN-WAIT-2      peer first: CLOSED   we first: TIME-WAIT
//! ```

use base::event::TcpState;

use super::sender::SendHalf;

/// The state of a synchronized connection.
pub(crate) fn synchronized(send: SendHalf, peer_finished: bool, we_closed_first: bool) -> TcpState {
    match (send, peer_finished) {
        (SendHalf::Open, false) => TcpState::Established,
        (SendHalf::Open, true) => TcpState::CloseWait,
        (SendHalf::FinQueued | SendHalf::FinSent, false) => TcpState::FinWait1,
        (SendHalf::FinQueued | SendHalf::FinSent, true) if we_closed_first => TcpState::Closing,
        (SendHalf::FinQueued | SendHalf::FinSent, true) => TcpState::LastAck,
        (SendHalf::FinAcked, false) => TcpState::FinWait2,
        (SendHalf::FinAcked, true) if we_closed_first => TcpState::TimeWait,
        (SendHalf::FinAcked, true) => TcpState::Closed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //= rfc9293#3.3.2 test
    #[test]
    fn the_whole_table_of_states() {
        let mut table = String::new();
        for send in [SendHalf::Open, SendHalf::FinQueued, SendHalf::FinSent, SendHalf::FinAcked] {
            let row: Vec<String> = [(false, true), (false, false), (true, true), (true, false)]
                .map(|(finished, first)| synchronized(send, finished, first).to_string())
                .into();
            table += &format!("{send:?}: {}\n", row.join(" "));
        }
        let expected = "\
Open: ESTABLISHED ESTABLISHED CLOSE-WAIT CLOSE-WAIT
FinQueued: FIN-WAIT-1 FIN-WAIT-1 CLOSING LAST-ACK
FinSent: FIN-WAIT-1 FIN-WAIT-1 CLOSING LAST-ACK
FinAcked: FIN-WAIT-2 FIN-WAIT-2 TIME-WAIT CLOSED
";
        assert_eq!(table, expected);
    }
}
