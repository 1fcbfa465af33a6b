//! Programs that talk over TCP and check every byte they hear.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use base::{Duration, Instant};
use net::{Net, TcpError, TcpStream};

use crate::end::End;

/// The first `len` bytes of the endless text number `text`.
pub fn pattern(text: u64, len: usize) -> Vec<u8> {
    (0..len as u64).map(|at| byte(text, at)).collect()
}

/// No two texts, and no two places of one text a few bytes apart, look alike.
fn byte(text: u64, at: u64) -> u8 {
    let mixed = (at ^ text.rotate_left(40)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as u8
}

/// What became of a program's connections so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// Connections opened or accepted.
    pub connections: usize,
    /// Connections that ended, in order or not.
    pub ended: usize,
    /// Bytes that the stack took.
    pub said: u64,
    /// Bytes heard, all of them right unless `wrong_at` says otherwise.
    pub heard: u64,
    /// Where the first wrong byte stood.
    pub wrong_at: Option<u64>,
    /// How often the other side was heard to finish.
    pub ends_heard: usize,
    /// The first error.
    pub error: Option<TcpError>,
    /// When the last connection ended.
    pub last_end: Option<Duration>,
}

/// A talking program in progress.
#[derive(Clone, Debug, Default)]
pub struct Talk(Arc<Mutex<Outcome>>);

impl Talk {
    /// What happened so far.
    pub fn outcome(&self) -> Outcome {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Outcome> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fail(&self, error: TcpError) {
        self.lock().error.get_or_insert(error);
    }

    fn end(&self, net: &Net) {
        let mut outcome = self.lock();
        outcome.ended += 1;
        outcome.last_end = Some(net.now().since(Instant::ZERO));
    }
}

impl End {
    /// Connects, says `len` bytes of `text` and finishes; hears and checks text number `hears` meanwhile, until its end.
    pub fn talk(&self, to: SocketAddr, (text, len): (u64, u64), hears: u64) -> Talk {
        let (talk, net) = (Talk::default(), self.net());
        let told = talk.clone();
        let program = async move {
            match net.tcp_connect(to).await {
                Ok(stream) => {
                    told.lock().connections += 1;
                    converse(&stream, (text, len), hears, &told).await;
                }
                Err(error) => told.fail(error),
            }
            told.end(&net);
        };
        self.spawn(program).detach();
        talk
    }

    /// Sends `len` bytes of text 1 and finishes.
    pub fn upload(&self, to: SocketAddr, len: u64) -> Talk {
        self.talk(to, (1, len), 2)
    }

    /// Accepts connections for ever; says and hears on each as [`End::talk`] does.
    pub fn serve(&self, port: u16, says: (u64, u64), hears: u64) -> Talk {
        let (talk, net) = (Talk::default(), self.net());
        let told = talk.clone();
        let listener = net.tcp_listen(self.addr(port)).unwrap_or_else(|error| panic!("cannot listen: {error}"));
        let program = async move {
            loop {
                let (stream, _) = listener.accept().await;
                let told = told.clone();
                told.lock().connections += 1;
                let each = async move {
                    converse(&stream, says, hears, &told).await;
                    told.end(stream.net());
                };
                net.spawn(each).detach();
            }
        };
        self.spawn(program).detach();
        talk
    }

    /// Takes what [`End::upload`] sends, says nothing.
    pub fn sink(&self, port: u16) -> Talk {
        self.serve(port, (2, 0), 1)
    }

    /// Says everything back, and finishes when the other side does.
    pub fn echo(&self, port: u16) -> Talk {
        let (talk, net) = (Talk::default(), self.net());
        let told = talk.clone();
        let listener = net.tcp_listen(self.addr(port)).unwrap_or_else(|error| panic!("cannot listen: {error}"));
        let program = async move {
            loop {
                let (stream, _) = listener.accept().await;
                let told = told.clone();
                told.lock().connections += 1;
                let each = async move {
                    if let Err(error) = say_back(&stream, &told).await {
                        told.fail(error);
                    }
                    told.end(stream.net());
                };
                net.spawn(each).detach();
            }
        };
        self.spawn(program).detach();
        talk
    }
}

async fn say_back(stream: &TcpStream, told: &Talk) -> Result<(), TcpError> {
    loop {
        let heard = stream.recv(1 << 16).await?;
        if heard.is_empty() {
            told.lock().ends_heard += 1;
            stream.finish();
            return Ok(());
        }
        told.lock().heard += heard.len() as u64;
        let mut rest = &heard[..];
        while !rest.is_empty() {
            let taken = stream.send(rest).await?;
            told.lock().said += taken as u64;
            rest = &rest[taken..];
        }
    }
}

async fn converse(stream: &TcpStream, says: (u64, u64), hears: u64, told: &Talk) {
    if says.1 > 0 {
        return both(say(stream, says, told), hear(stream, hears, told)).await;
    }
    // Who has nothing to say listens to the end before it finishes.
    hear(stream, hears, told).await;
    stream.finish();
}

async fn say(stream: &TcpStream, (text, len): (u64, u64), told: &Talk) {
    let mut at = 0;
    while at < len {
        let part: Vec<u8> = (at..len.min(at + 16_384)).map(|at| byte(text, at)).collect();
        match stream.send(&part).await {
            Ok(taken) => at += taken as u64,
            Err(error) => return told.fail(error),
        }
        told.lock().said = at;
    }
    stream.finish();
}

async fn hear(stream: &TcpStream, text: u64, told: &Talk) {
    let mut at = 0;
    loop {
        match stream.recv(1 << 16).await {
            Ok(part) if part.is_empty() => {
                told.lock().ends_heard += 1;
                return;
            }
            Ok(part) => {
                let wrong = part.iter().zip(at..).find(|(heard, at)| **heard != byte(text, *at));
                let mut outcome = told.lock();
                outcome.heard += part.len() as u64;
                if let Some((_, at)) = wrong {
                    outcome.wrong_at.get_or_insert(at);
                }
                at += part.len() as u64;
            }
            Err(error) => return told.fail(error),
        }
    }
}

/// Polls two futures until both are ready.
async fn both(first: impl Future<Output = ()>, second: impl Future<Output = ()>) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut first_done, mut second_done) = (false, false);
    poll_fn(|cx| {
        first_done = first_done || first.as_mut().poll(cx).is_ready();
        second_done = second_done || second.as_mut().poll(cx).is_ready();
        if first_done && second_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
