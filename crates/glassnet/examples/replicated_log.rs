//! Two nodes that keep the same log, tested through a partition and a crash of the follower, over 20 seeds.
//!
//! The leader numbers entries and sends each until the follower has confirmed it; the follower keeps its log on what would
//! be its disk. The claim under test: whatever the network does, both end with the same log, each entry once, in order.
//! `cargo run -p glassnet --example replicated_log`

use std::io;
use std::sync::{Arc, Mutex};

use glassnet::prelude::*;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

// ---- the application: nothing here knows Glassnet --------------------------------------------------------------------

/// What survives a crash.
type Disk = Arc<Mutex<Vec<u64>>>;

/// Sends the entries that the follower does not have yet, one after the other; what it has it says first.
async fn replicate<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, log: &[u64]) -> io::Result<()> {
    loop {
        let confirmed = stream.read_u64().await? as usize;
        let Some(entry) = log.get(confirmed) else { return Ok(()) };
        stream.write_u64(confirmed as u64).await?;
        stream.write_u64(*entry).await?;
    }
}

/// Says how long its log is, takes the next entry, and so on. An entry comes with its number: without it, one that was
/// still on its way on a connection that the leader had given up was taken for the next one (found by seed 1).
async fn follow<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, disk: Disk) -> io::Result<()> {
    loop {
        let len = disk.lock().expect("nobody panics with it").len() as u64;
        stream.write_u64(len).await?;
        let (number, entry) = (stream.read_u64().await?, stream.read_u64().await?);
        let mut log = disk.lock().expect("nobody panics with it");
        if number == log.len() as u64 {
            log.push(entry);
        }
    }
}

// ---- its test --------------------------------------------------------------------------------------------------------

fn scenario(log: Arc<Vec<u64>>, disk: Disk) -> Scenario {
    let leader = program("leader", move |net, names| {
        let log = log.clone();
        async move {
            loop {
                let attempt = async {
                    let mut stream =
                        net.tcp_connect(names.resolve("follower", 7000).map_err(io::Error::other)?).await?;
                    replicate(&mut stream, &log).await
                };
                // A connection that says nothing for five seconds is given up, and another one opened.
                if let Ok(Ok(())) = net.timeout(Duration::from_secs(5), attempt).await {
                    return Ok(());
                }
                net.sleep(Duration::from_millis(200)).await;
            }
        }
    });
    let follower = service("follower", move |net, _| {
        let disk = disk.clone();
        async move {
            let listener = net.tcp_listen("0.0.0.0:7000".parse()?)?;
            loop {
                let (stream, _) = listener.accept().await;
                net.spawn(follow(stream, disk.clone())).detach();
            }
        }
    });
    let at = |ms, what| (Duration::from_millis(ms), what);
    let apart = Do::Partition { groups: vec![vec!["leader".into()], vec!["follower".into()]] };
    let scenario = Scenario::new("replicated-log")
        .node(NodeSpec::host("leader").run(leader))
        .node(NodeSpec::host("follower").run(follower))
        .join("leader", "follower", Cable::ethernet(100_000_000, Duration::from_millis(2)));
    let faults = [
        at(0, Do::lose("leader-follower", 0.02)),
        at(300, apart),
        at(1300, Do::Heal),
        at(1500, Do::Crash { node: "follower".into() }),
        at(2500, Do::Restart { node: "follower".into() }),
    ];
    faults.into_iter().fold(scenario, |scenario, (at, what)| scenario.at(at, what)).addressed()
}

fn main() {
    for seed in 1..=20 {
        let (log, disk) = (Arc::new((1..=500).map(|n| n * n).collect::<Vec<u64>>()), Disk::default());
        let outcome = Lab::new(scenario(log.clone(), disk.clone())).run(seed).expect("the world can be built");
        outcome.assert();
        assert!(*disk.lock().expect("nobody panics with it") == *log, "seed {seed}: the logs differ");
        println!("seed {seed:2}: 500 entries on both sides after {}", outcome.now);
    }
}
