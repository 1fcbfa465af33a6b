//! Echo (RFC 862): what comes is sent back, by TCP and by UDP.

use net::{Net, Task, TcpStream};
use schemars::JsonSchema;
use serde::Deserialize;
use wire::ip::Protocol;

use super::dns::any;
use super::registry::Written;
use super::{Commons, Program};

/// Sends back what comes on TCP and UDP port 7.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Echo {
    /// The port of both.
    #[serde(default = "echo_port")]
    pub port: u16,
}

impl Written for Echo {
    const NAME: &'static str = "echo";
    const ABOUT: &'static str = "sends back what comes on TCP and UDP port 7";
}

impl Program for Echo {
    fn start(&self, net: &Net, _: &Commons) -> Result<Task<()>, String> {
        let listener = net.tcp_listen(any(self.port)).map_err(|error| error.to_string())?;
        let socket = net.udp_bind(any(self.port)).map_err(|error| error.to_string())?;
        net.spawn(async move {
            loop {
                // An error is about an earlier answer that somebody refused: nobody waits for it.
                if let Ok(datagram) = socket.recv().await {
                    let _ = socket.send_to(&datagram.data, datagram.from);
                }
            }
        })
        .detach();
        let own = net.clone();
        Ok(net.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await;
                own.spawn(answer(stream)).detach();
            }
        }))
    }

    fn listens(&self) -> Vec<(Protocol, u16)> {
        vec![(Protocol::TCP, self.port), (Protocol::UDP, self.port)]
    }
}

async fn answer(stream: TcpStream) {
    let (mut from, mut to) = tokio::io::split(stream);
    // The stream's end, in order or not, is the end of the service: its story is told by the stack.
    let _ = tokio::io::copy(&mut from, &mut to).await;
    let _ = tokio::io::AsyncWriteExt::shutdown(&mut to).await;
}

const fn echo_port() -> u16 {
    7
}
