//! Programs: a client on one host, a server on another (or the same), and what they say to each other.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use base::{Duration, Instant};
use net::{Net, TcpError, TcpStream};
use stack::TcpOption;

use crate::dice::Dice;
use crate::record::Record;
use crate::text::Text;
use crate::town::{Resident, Town};

/// One errand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Errand {
    pub(crate) client: Resident,
    pub(crate) server: Resident,
    pub(crate) port: u16,
    pub(crate) begins: Instant,
    pub(crate) kind: Kind,
}

/// Lengths are bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Both say everything at once.
    Bulk { up: u64, down: u64 },
    /// A question, its answer, the next question, on one connection.
    Rounds { rounds: u64, question: u64, answer: u64 },
    /// The client finishes before the server begins.
    HalfClose { up: u64, down: u64 },
    /// The client reads a little at a time.
    SlowReader { down: u64, sip: u64, pause: Duration },
    /// A connection for each question; so many at a time.
    Short { connections: u64, at_once: u64, question: u64, answer: u64 },
    /// The client resets the connection in the middle of the answer.
    Abort { after: u64 },
}

impl Errand {
    pub(crate) fn draw(dice: &mut Dice, town: &Town, number: u16, season: Duration) -> Errand {
        let client = dice.one_of(&town.hosts);
        let others: Vec<Resident> = town.hosts.iter().copied().filter(|host| host.node != client.node).collect();
        let server = if dice.chance(0.05) { client } else { dice.one_of(&others) };
        let begins = Instant::ZERO + Duration::from_nanos(dice.0.below(season.nanos().max(1)));
        let kind = match dice.0.below(6) {
            0 => Kind::Bulk { up: len(dice), down: len(dice) },
            1 => {
                let (question, answer) = (dice.magnitude(1.0, 3_000.0) as u64, dice.magnitude(1.0, 20_000.0) as u64);
                Kind::Rounds { rounds: dice.between(1, 20), question, answer }
            }
            2 => Kind::HalfClose { up: len(dice), down: len(dice) },
            3 => {
                let (down, sips) = (len(dice).min(100_000), dice.between(2, 20));
                Kind::SlowReader { down, sip: down / sips + 1, pause: dice.span(MILLISECOND, MILLISECOND * 3000) }
            }
            4 => {
                let (question, answer) = (dice.magnitude(1.0, 500.0) as u64, dice.magnitude(1.0, 5_000.0) as u64);
                Kind::Short { connections: dice.between(5, 60), at_once: dice.between(1, 20), question, answer }
            }
            _ => Kind::Abort { after: len(dice).min(50_000) },
        };
        Errand { client, server, port: 1000 + number, begins, kind }
    }

    /// Starts both programs.
    pub(crate) fn start(self, town: &mut Town) -> Record {
        let record = Record::default();
        let (client, server) = (town.world.net(self.client.node), town.world.net(self.server.node));
        let to = SocketAddr::new(self.server.ip, self.port);
        let told = record.clone();
        town.world.spawn(self.server.node, serve(server, to, self, told)).detach();
        let told = record.clone();
        town.world.spawn(self.client.node, visit(client, to, self, told)).detach();
        record
    }

    /// What the record must say in the end.
    pub(crate) fn expects(&self) -> Expected {
        let once = |up, down| Expected { connections: 1, said: Some([up, down]) };
        match self.kind {
            Kind::Bulk { up, down } | Kind::HalfClose { up, down } => once(up, down),
            Kind::Rounds { rounds, question, answer } => once(rounds * question, rounds * answer),
            Kind::SlowReader { down, .. } => once(0, down),
            Kind::Short { connections, question, answer, .. } => {
                Expected { connections, said: Some([connections * question, connections * answer]) }
            }
            Kind::Abort { .. } => Expected { connections: 1, said: None },
        }
    }

    /// The texts of the two ways.
    fn texts(&self) -> [Text; 2] {
        [Text(u64::from(self.port) * 2), Text(u64::from(self.port) * 2 + 1)]
    }
}

/// How an errand ends when nothing is wrong.
pub(crate) struct Expected {
    pub(crate) connections: u64,
    /// Bytes both ways; none where the connection is broken off.
    pub(crate) said: Option<[u64; 2]>,
}

fn len(dice: &mut Dice) -> u64 {
    let (least, most) = if dice.chance(0.85) { (1.0, 400_000.0) } else { (400_000.0, 5_000_000.0) };
    dice.magnitude(least, most) as u64
}

// ---- the client --------------------------------------------------------------------------------------------------------

async fn visit(net: Net, to: SocketAddr, errand: Errand, record: Record) {
    net.sleep_until(errand.begins).await;
    match errand.kind {
        Kind::Short { connections, at_once, .. } => {
            let mut left = connections;
            while left > 0 {
                let batch: Vec<_> =
                    (0..at_once.min(left)).map(|_| net.spawn(once(net.clone(), to, errand, record.clone()))).collect();
                left -= batch.len() as u64;
                for task in batch {
                    task.await;
                }
            }
        }
        _ => once(net, to, errand, record.clone()).await,
    }
    record.lock().over = true;
}

/// One connection of an errand. While faults last an attempt to connect may fail; the next one follows.
async fn once(net: Net, to: SocketAddr, errand: Errand, record: Record) {
    let stream = loop {
        match net.tcp_connect(to).await {
            Ok(stream) => break Arc::new(stream),
            Err(_) => record.lock().refused += 1,
        }
        net.sleep(Duration::from_secs(1)).await;
    };
    record.lock().opened += 1;
    match ask(&net, &stream, errand, &record).await {
        Ok(()) => record.ended(0),
        Err((what, error)) => record.broke(0, what, error),
    }
}

type Broken = (&'static str, TcpError);

async fn ask(net: &Net, stream: &Arc<TcpStream>, errand: Errand, record: &Record) -> Result<(), Broken> {
    let [question_text, answer_text] = errand.texts();
    match errand.kind {
        Kind::Bulk { up, .. } => {
            let hearing = net.spawn(hear_all(stream.clone(), 1, answer_text, record.clone()));
            say(stream, 0, question_text, 0, up, record).await?;
            stream.finish();
            hearing.await
        }
        Kind::HalfClose { up, .. } => {
            say(stream, 0, question_text, 0, up, record).await?;
            stream.finish();
            hear_all(stream.clone(), 1, answer_text, record.clone()).await
        }
        Kind::Rounds { rounds, question, answer } => {
            for round in 0..rounds {
                say(stream, 0, question_text, round * question, question, record).await?;
                hear(stream, 1, answer_text, round * answer, answer, record).await?;
            }
            stream.finish();
            hear_end(stream, record).await
        }
        Kind::Short { question, answer, .. } => {
            say(stream, 0, question_text, 0, question, record).await?;
            hear(stream, 1, answer_text, 0, answer, record).await?;
            stream.finish();
            hear_end(stream, record).await
        }
        Kind::SlowReader { sip, pause, .. } => {
            let mut at = 0;
            loop {
                net.sleep(pause).await;
                let enough = at + sip;
                while at < enough {
                    let bytes = stream.recv((enough - at) as usize).await.map_err(|error| ("read", error))?;
                    if bytes.is_empty() {
                        stream.finish();
                        return Ok(());
                    }
                    record.heard(1, answer_text, at, &bytes);
                    at += bytes.len() as u64;
                }
            }
        }
        Kind::Abort { after } => {
            hear(stream, 1, answer_text, 0, after, record).await?;
            stream.abort();
            Ok(())
        }
    }
}

// ---- the server --------------------------------------------------------------------------------------------------------

async fn serve(net: Net, at: SocketAddr, errand: Errand, record: Record) {
    let Ok(listener) = net.tcp_listen(at) else {
        return record.claim(false, || format!("{at} cannot be listened at"));
    };
    loop {
        let (stream, _) = listener.accept().await;
        let (own, record) = (net.clone(), record.clone());
        let each = async move {
            let stream = Arc::new(stream);
            match (answer(&own, &stream, errand, &record).await, errand.kind) {
                (Ok(()), Kind::Abort { .. }) => record.claim(false, || "an answer without end was taken".into()),
                (Ok(()), _) => record.ended(1),
                (Err((_, TcpError::Reset)), Kind::Abort { .. }) => record.ended(1),
                (Err((what, error)), _) => record.broke(1, what, error),
            }
        };
        net.spawn(each).detach();
    }
}

async fn answer(net: &Net, stream: &Arc<TcpStream>, errand: Errand, record: &Record) -> Result<(), Broken> {
    let [question_text, answer_text] = errand.texts();
    match errand.kind {
        Kind::Bulk { down, .. } => {
            let hearing = net.spawn(hear_all(stream.clone(), 0, question_text, record.clone()));
            say(stream, 1, answer_text, 0, down, record).await?;
            stream.finish();
            hearing.await
        }
        Kind::HalfClose { down, .. } => {
            hear_all(stream.clone(), 0, question_text, record.clone()).await?;
            say(stream, 1, answer_text, 0, down, record).await?;
            stream.finish();
            Ok(())
        }
        Kind::Rounds { rounds, question, answer } => {
            for round in 0..rounds {
                hear(stream, 0, question_text, round * question, question, record).await?;
                say(stream, 1, answer_text, round * answer, answer, record).await?;
            }
            hear_end(stream, record).await?;
            stream.finish();
            Ok(())
        }
        Kind::Short { question, answer, .. } => {
            hear(stream, 0, question_text, 0, question, record).await?;
            say(stream, 1, answer_text, 0, answer, record).await?;
            hear_end(stream, record).await?;
            stream.finish();
            Ok(())
        }
        Kind::SlowReader { down, .. } => {
            say(stream, 1, answer_text, 0, down, record).await?;
            stream.finish();
            hear_end(stream, record).await
        }
        Kind::Abort { .. } => {
            stream.set(TcpOption::SendBuffer(20_000));
            // What is on its way when the other side breaks off brings its reset back, however often that is lost.
            say(stream, 1, answer_text, 0, u64::MAX, record).await
        }
    }
}

// ---- both --------------------------------------------------------------------------------------------------------------

/// Says the `len` bytes of a text from `at`.
async fn say(s: &TcpStream, way: usize, text: Text, mut at: u64, len: u64, record: &Record) -> Result<(), Broken> {
    let end = at.saturating_add(len);
    while at < end {
        let part = text.part(at, (end - at).min(8192) as usize);
        let taken = s.send(&part).await.map_err(|error| ("write", error))?;
        record.said(way, &part[..taken]);
        at += taken as u64;
    }
    Ok(())
}

/// Hears exactly the `len` bytes of a text from `at`.
async fn hear(s: &TcpStream, way: usize, text: Text, mut at: u64, len: u64, record: &Record) -> Result<(), Broken> {
    let end = at + len;
    while at < end {
        let bytes = s.recv((end - at).min(1 << 16) as usize).await.map_err(|error| ("read", error))?;
        if bytes.is_empty() {
            record.claim(false, || format!("the stream ended after {at} of {end} bytes"));
            return Ok(());
        }
        record.heard(way, text, at, &bytes);
        at += bytes.len() as u64;
    }
    Ok(())
}

/// Hears a text to its end.
async fn hear_all(stream: Arc<TcpStream>, way: usize, text: Text, record: Record) -> Result<(), Broken> {
    let mut at = 0;
    loop {
        match stream.recv(1 << 16).await.map_err(|error| ("read", error))? {
            bytes if bytes.is_empty() => return Ok(()),
            bytes => {
                record.heard(way, text, at, &bytes);
                at += bytes.len() as u64;
            }
        }
    }
}

async fn hear_end(stream: &TcpStream, record: &Record) -> Result<(), Broken> {
    let bytes = stream.recv(1).await.map_err(|error| ("read the end", error))?;
    record.claim(bytes.is_empty(), || "more was heard than was said".into());
    Ok(())
}

impl fmt::Display for Errand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} to {}:{}: {:?}", self.begins, self.client.ip, self.server.ip, self.port, self.kind)
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);
