//! `glassnet up`: the world on a real interface, in real time.

use std::process::ExitCode;
use std::time::SystemTime;

use base::{Blind, Event, FrameSeen, Instant, Kind, Nic, NicInfo, Sink};
use lab::worlds::internet::OPEN_PORT;
use live::{Driver, Stop, Tap};
use scope::{Recorder, Recording, Wants, pcapng};

use crate::arguments::Up;
use crate::message::Problem;
use crate::output::{say_what_is_missing, write};

pub(crate) fn run(up: &Up) -> Result<ExitCode, Problem> {
    let tap = Tap::open(&up.tap).map_err(problem)?;
    tap.set_up().map_err(problem)?;
    let stop = Stop::on_signals().map_err(problem)?;
    let epoch = SystemTime::now();
    let (recorder, sink) = match up.pcap {
        Some(_) => {
            let (recorder, inner) = Recorder::new(Wants { frames: true, secrets: true, ..Wants::APP });
            (Some(recorder), Box::new(OpenPortOnly { inner, nic: None }) as Box<dyn Sink>)
        }
        None => (None, Box::new(Blind) as Box<dyn Sink>),
    };
    let world = lab::up::up(up.seed, epoch, sink)
        .map_err(|error| Problem::new("the world cannot be built", error, "report this: the world is built in"))?;
    if let Some(file) = &up.trust {
        write(file, world.root_pem.as_bytes())?;
    }
    announce(up);
    let mut driver = Driver::new(world.world, vec![(world.port, tap)]);
    let until = up.r#for.map(|span| Instant::ZERO + span);
    let stats = driver.run(until, &stop).map_err(problem)?;
    if let (Some(file), Some(recorder)) = (&up.pcap, recorder) {
        let recording = recorder.take();
        if let Some(nic) = open_nic(&recording) {
            write(file, &pcapng::of_nic(&recording, nic, epoch))?;
            say_what_is_missing(&recording);
        }
    }
    let (heard, said) = (stats.frames_in, stats.frames_out);
    anstream::eprintln!("{} is gone: {heard} frames came in by it, {said} went out", up.tap);
    Ok(ExitCode::SUCCESS)
}

fn announce(up: &Up) {
    let (switch, port) = OPEN_PORT;
    anstream::eprintln!("{} is now {port} of {switch}, in a home network with a DHCP server. Ctrl-C ends it.", up.tap);
    anstream::eprintln!("   in a namespace of its own:");
    anstream::eprintln!(
        "   ip netns add glass && ip link set {} netns glass && ip netns exec glass udhcpc -i {}",
        up.tap,
        up.tap
    );
    let trust = up.trust.as_ref().map_or_else(|| "CA-FILE (see --trust)".to_owned(), |file| file.display().to_string());
    anstream::eprintln!("   ip netns exec glass curl --cacert {trust} https://www.example.com/");
}

fn open_nic(recording: &Recording) -> Option<Nic> {
    let (node, port) = OPEN_PORT;
    recording.nics().find(|(_, info)| info.node == node && info.name == port).map(|(nic, _)| nic)
}

/// Hands on the frames at the open port alone: the same bytes pass a dozen interfaces, and a world may live long.
struct OpenPortOnly {
    inner: Box<dyn Sink>,
    nic: Option<Nic>,
}

impl Sink for OpenPortOnly {
    fn wants(&self, kind: Kind) -> bool {
        self.inner.wants(kind)
    }

    fn nic(&mut self, nic: Nic, info: NicInfo) {
        if (info.node.as_str(), info.name.as_str()) == OPEN_PORT {
            self.nic = Some(nic);
        }
        self.inner.nic(nic, info);
    }

    fn frame(&mut self, frame: FrameSeen<'_>) {
        if self.nic == Some(frame.nic) {
            self.inner.frame(frame);
        }
    }

    fn event(&mut self, event: Event) {
        self.inner.event(event);
    }

    fn secret(&mut self, at: Instant, key_log_line: &str) {
        self.inner.secret(at, key_log_line);
    }
}

fn problem(error: live::LiveError) -> Problem {
    // Errors of this kind say why, then what to try.
    let text = error.to_string();
    let (why, hint) = text.split_once("; ").unwrap_or((&text, "`glassnet up --help` has an example"));
    Problem::new("the world cannot be put on a real interface", why, hint.trim_start_matches("try "))
}
