//! Programs and their runtime, without any network: hosts that have no interface.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration as WallSpan, SystemTime};

use base::event::AppFact;
use base::{Duration, Event, FrameSeen, Instant, Kind, Nic, NicInfo, NodeId, Rng, Sink};
use glassnet_net::{Elapsed, Net, Runtime, TcpListener, TcpStream, UdpSocket, current, now, sleep, spawn, try_current};
use proptest::prelude::*;
use stack::{Config, Host};
use tokio::sync::{mpsc, oneshot};

struct Bench {
    runtime: Runtime,
    seed: Rng,
}

fn epoch() -> SystemTime {
    SystemTime::UNIX_EPOCH + WallSpan::from_secs(1_700_000_000)
}

impl Bench {
    fn new() -> Self {
        Bench { runtime: Runtime::new(epoch()), seed: Rng::root(1) }
    }

    fn host(&self, id: u32, name: &str) -> Net {
        let seed = self.seed.split(name);
        let host = Host::new(NodeId(id), Config::default(), seed.split("stack"));
        self.runtime.attach(NodeId(id), name, host, &seed).0
    }

    /// Runs until nothing sleeps any more.
    fn finish(&mut self) {
        self.runtime.run();
        while let Some(at) = self.runtime.poll_at() {
            self.runtime.set_now(at);
            self.runtime.on_timer();
            self.runtime.run();
        }
    }

    fn touched(&mut self) -> Vec<u32> {
        let mut list = Vec::new();
        self.runtime.take_touched(&mut list);
        list.into_iter().map(|node| node.0).collect()
    }
}

/// A list that programs write to.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

const MS: Duration = Duration::from_millis(1);

#[test]
fn programs_are_polled_in_the_order_in_which_they_were_woken() {
    let mut bench = Bench::new();
    let (a, b, notes) = (bench.host(0, "a"), bench.host(1, "b"), Notes::default());
    for (net, name) in [(&a, "first"), (&b, "second"), (&a, "third")] {
        let notes = notes.clone();
        let again = async move {
            notes.add(name);
            yield_once().await;
            notes.add(name);
        };
        net.spawn(again).detach();
    }
    assert_eq!(bench.runtime.run(), 6);
    assert_eq!(notes.take(), ["first", "second", "third", "first", "second", "third"]);
    assert_eq!((bench.runtime.run(), bench.runtime.poll_at()), (0, None));
}

async fn yield_once() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[test]
fn sleeps_are_exact_to_the_nanosecond() {
    let mut bench = Bench::new();
    let (net, notes) = (bench.host(0, "a"), Notes::default());
    let (log, program) = (notes.clone(), net.clone());
    let sleeper = async move {
        program.sleep(Duration::from_nanos(1_000_000_001)).await;
        log.add(now().nanos().to_string());
        program.sleep_until(Instant::from_nanos(5)).await;
        sleep(Duration::from_nanos(1)).await;
        log.add(program.now().nanos().to_string());
        assert_eq!(program.wall_time(), epoch() + WallSpan::from_nanos(1_000_000_002));
    };
    net.spawn(sleeper).detach();
    bench.finish();
    assert_eq!(notes.take(), ["1000000001", "1000000002"]);
}

#[test]
fn a_cancelled_sleep_leaves_nothing_behind() {
    let mut bench = Bench::new();
    let net = bench.host(0, "a");
    let limited = net.clone();
    let task = net.spawn(async move { limited.timeout(Duration::from_secs(9), limited.sleep(MS)).await });
    bench.runtime.run();
    assert_eq!(bench.runtime.sleepers().len(), 2);
    bench.finish();
    assert!(task.is_finished());
    assert_eq!(bench.runtime.now(), Instant::ZERO + MS);
}

#[test]
fn a_time_limit_ends_what_takes_longer() {
    let mut bench = Bench::new();
    let net = bench.host(0, "a");
    let (send, mut answer) = oneshot::channel();
    let limited = net.clone();
    let program = async move {
        let never = std::future::pending::<()>();
        send.send(limited.timeout(MS, never).await).unwrap();
    };
    net.spawn(program).detach();
    bench.finish();
    assert_eq!(answer.try_recv(), Ok(Err(Elapsed)));
}

#[test]
fn a_program_knows_its_host() {
    let mut bench = Bench::new();
    let (a, b, notes) = (bench.host(0, "a"), bench.host(1, "b"), Notes::default());
    for net in [&a, &b] {
        let notes = notes.clone();
        let program = async move {
            notes.add(current().name());
            yield_once().await;
            let inner = notes.clone();
            spawn(async move { inner.add(format!("child of {}", current().name())) }).await;
        };
        net.spawn(program).detach();
    }
    bench.runtime.run();
    assert_eq!(notes.take(), ["a", "b", "child of a", "child of b"]);
    assert!(try_current().is_none());
}

#[test]
fn a_runtime_inside_a_program_of_another_one_does_not_disturb_it() {
    let mut bench = Bench::new();
    let net = bench.host(0, "outer");
    let program = async move {
        let mut inner = Bench::new();
        let net = inner.host(7, "inner");
        let task = net.spawn(async { current().name().to_string() });
        inner.runtime.run();
        assert_eq!(task.await, "inner");
        current().name().to_string()
    };
    let task = net.spawn(program);
    bench.runtime.run();
    assert!(task.is_finished());
}

#[test]
fn dropping_a_task_ends_its_program() {
    let mut bench = Bench::new();
    let net = bench.host(0, "a");
    let (alive, task) = pending_program(&net);
    bench.runtime.run();
    assert!(!alive.is_closed());
    drop(task);
    bench.runtime.run();
    assert!(alive.is_closed());
}

/// A program that never ends, and a sender that is closed when it was dropped.
fn pending_program(net: &Net) -> (mpsc::Sender<()>, glassnet_net::Task<()>) {
    let (sender, mut receiver) = mpsc::channel(1);
    let task = net.spawn(async move {
        receiver.recv().await;
    });
    (sender, task)
}

#[test]
fn killing_a_host_drops_its_programs_and_no_others() {
    let mut bench = Bench::new();
    let (a, b) = (bench.host(0, "a"), bench.host(1, "b"));
    let (waiting, task) = pending_program(&a);
    task.detach();
    let (other, task) = pending_program(&b);
    task.detach();
    let napping = a.clone();
    a.spawn(async move { napping.sleep(MS).await }).detach();
    bench.runtime.run();
    let (unpolled, task) = pending_program(&a);
    task.detach();
    bench.runtime.kill(&a);
    assert!(waiting.is_closed() && unpolled.is_closed() && !other.is_closed());
    assert_eq!(bench.runtime.poll_at(), None);
    let task = a.spawn(async { 42 });
    bench.runtime.run();
    assert!(task.is_finished() && !other.is_closed());
}

#[test]
fn a_dropped_runtime_leaves_nothing_alive() {
    let mut bench = Bench::new();
    let net = bench.host(0, "a");
    let (alive, task) = pending_program(&net);
    task.detach();
    let witness = Arc::new(());
    let (kept, socket) = (Arc::clone(&witness), net.udp_bind(([0, 0, 0, 0], 99).into()).unwrap());
    let listener = async move {
        let _kept = kept;
        let _ = socket.recv().await;
    };
    net.spawn(listener).detach();
    bench.runtime.run();
    drop(bench);
    assert!(alive.is_closed());
    assert_eq!(Arc::strong_count(&witness), 1);
    let late = net.spawn(async {});
    assert!(late.is_finished());
}

#[test]
fn a_panic_goes_on_with_the_name_of_the_host() {
    let mut bench = Bench::new();
    let net = bench.host(0, "printer");
    net.spawn(async { panic!("out of paper") }).detach();
    let payload = catch_unwind(AssertUnwindSafe(|| bench.runtime.run())).unwrap_err();
    assert_eq!(payload.downcast_ref::<String>().unwrap(), "a program on printer panicked: out of paper");
    assert!(try_current().is_none());
}

#[test]
fn a_stream_of_randomness_goes_on_where_it_stopped() {
    let bench = Bench::new();
    let (a, again) = (bench.host(0, "a"), Bench::new().host(9, "a"));
    let (first, second) = (a.random("dns").next_u64(), a.random("dns").next_u64());
    let mut bytes = [0; 16];
    again.random("tls").fill(&mut bytes);
    let stream = again.random("dns");
    assert_eq!((stream.next_u64(), stream.clone().next_u64()), (first, second));
    assert_ne!(first, second);
    assert_ne!(bench.host(1, "b").random("dns").next_u64(), first);
    assert!(stream.below(3) < 3 && (0.0..1.0).contains(&stream.unit()));
}

struct Told {
    app: bool,
    lines: Vec<String>,
}

impl Sink for Told {
    fn wants(&self, kind: Kind) -> bool {
        self.app || kind != Kind::App
    }
    fn nic(&mut self, _: Nic, _: NicInfo) {}
    fn frame(&mut self, _: FrameSeen<'_>) {}
    fn event(&mut self, event: Event) {
        self.lines.push(format!("{} {} {:?}", event.at.nanos(), event.node.0, event.fact));
    }
    fn secret(&mut self, at: Instant, line: &str) {
        self.lines.push(format!("{} {line}", at.nanos()));
    }
}

#[test]
fn records_are_handed_over_in_order_and_only_if_wanted() {
    for app in [true, false] {
        let mut bench = Bench::new();
        let mut sink = Told { app, lines: Vec::new() };
        bench.runtime.set_wanted(&sink);
        let net = bench.host(3, "a");
        assert_eq!(net.records(), app);
        let teller = net.clone();
        let program = async move {
            let span = teller.new_span();
            teller.secret("CLIENT_RANDOM aa bb");
            teller.sleep(MS).await;
            teller.record(AppFact::new("dns", "answer", span));
        };
        net.spawn(program).detach();
        bench.finish();
        bench.runtime.drain(&mut sink);
        bench.runtime.drain(&mut sink);
        assert_eq!(sink.lines[0], "0 CLIENT_RANDOM aa bb");
        let facts: Vec<_> = sink.lines[1..].iter().map(String::as_str).collect();
        let expected = r#"1000000 3 App(AppFact { protocol: "dns", step: "answer", span: 1, fields: [] })"#;
        assert_eq!(facts, if app { vec![expected] } else { vec![] });
    }
}

#[test]
fn a_host_that_programs_call_into_is_listed_once() {
    let mut bench = Bench::new();
    let (a, b, c) = (bench.host(0, "a"), bench.host(1, "b"), bench.host(2, "c"));
    let any = |port: u16| ([0, 0, 0, 0], port).into();
    let _sockets = [b.udp_bind(any(1)), a.udp_bind(any(1)), b.udp_bind(any(2))];
    assert_eq!(c.resolvers(), [] as [std::net::IpAddr; 0]);
    assert!(bench.runtime.has_news());
    assert_eq!(bench.touched(), [1, 0]);
    assert_eq!(bench.touched(), [] as [u32; 0]);
    let _more = b.udp_bind(any(3));
    assert_eq!(bench.touched(), [1]);
    assert!(!bench.runtime.has_news(), "all of it was taken");
}

#[test]
fn a_waker_may_be_called_from_any_thread() {
    let mut bench = Bench::new();
    let net = bench.host(0, "a");
    let called = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&called);
    bench.runtime.on_activity(move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let (send, receive) = oneshot::channel();
    let task = net.spawn(receive);
    bench.runtime.run();
    let before = called.load(Ordering::SeqCst);
    std::thread::spawn(move || send.send(5).unwrap()).join().unwrap();
    assert_eq!(called.load(Ordering::SeqCst), before + 1);
    assert_eq!(bench.runtime.run(), 1);
    assert!(task.is_finished());
}

#[test]
fn handles_cross_threads() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Net>();
    crosses::<TcpStream>();
    crosses::<TcpListener>();
    crosses::<UdpSocket>();
    crosses::<glassnet_net::Sleep>();
    crosses::<glassnet_net::Random>();
    fn moves<T: Send + 'static>() {}
    moves::<Runtime>();
    moves::<glassnet_net::Machine>();
}

proptest! {
    #[test]
    fn sleepers_wake_in_the_order_of_a_sorted_list(spans in proptest::collection::vec(0u64..50, 0..60)) {
        let mut bench = Bench::new();
        let (net, notes) = (bench.host(0, "a"), Notes::default());
        for (number, span) in spans.iter().enumerate() {
            let (net, notes, span) = (net.clone(), notes.clone(), Duration::from_nanos(*span));
            let sleeper = net.clone();
            net.spawn(async move {
                sleeper.sleep(span).await;
                notes.add(format!("{number} at {}", sleeper.now().nanos()));
            }).detach();
        }
        bench.finish();
        let mut expected: Vec<_> = spans.iter().enumerate().map(|(number, span)| (*span, number)).collect();
        expected.sort_unstable();
        let expected: Vec<_> = expected.into_iter().map(|(span, number)| format!("{number} at {span}")).collect();
        prop_assert_eq!(notes.take(), expected);
    }
}
