//! Reading of scenario files: what a file says is what the scenario is.

use base::Duration;
use glassnet_lab::file::{self, Override, Vary};
use glassnet_lab::scenario::{Do, Kind, Loss};
use glassnet_lab::{Lab, shipped};

fn read(text: &str, settings: &[&str]) -> Lab {
    let settings: Vec<Override> = settings.iter().map(|text| Override::new(*text)).collect();
    match file::read(text, "test.toml", &settings) {
        Ok(lab) => lab,
        Err(diagnosis) => panic!("{diagnosis}"),
    }
}

#[test]
fn every_shipped_lab_can_be_read() {
    for (name, text) in shipped::LABS {
        let lab = file::read(text, &format!("{name}.toml"), &[]);
        assert!(lab.is_ok(), "{}", lab.err().map(|diagnosis| diagnosis.to_string()).unwrap_or_default());
    }
}

const CHAIN: &str = r#"
name = "chain"
seed = 3
limit = "10s"
[knobs]
cc = "node.a.stack.congestion"
[node.a]
serve = ["echo"]
[node.r1]
kind = "router"
[node.r2]
kind = "router"
[node.middle]
kind = "switch"
[node.b]
names = ["www.example.com"]
[node.b.stack]
congestion = "reno"
delayed_ack = "0s"
receive_buffer = "16KiB..4MiB"
[node.c]
address = "192.0.2.7/24"
[[node.c.run]]
program = "bulk"
to = "a:5001"
bytes = "1MB"
start = "2s"
[[link]]
endpoints = ["a:eth0", "r1:lan"]
rate = "10mbit"
delay = "10ms"
limit = 100
mtu = 1400
forth = { loss = "1%" }
[[link]]
name = "trunk"
kind = "line"
endpoints = ["r1:ppp0", "r2:ppp0"]
[[link]]
endpoints = ["r2:lan", "middle:p1"]
[[link]]
endpoints = ["b:eth0", "middle:p2"]
[[link]]
endpoints = ["c:eth0", "middle:p3"]
[[at]]
time = "3s"
do = "link-set"
link = "trunk"
loss = "gemodel 1% 10%"
back = { delay = "80ms" }
"#;

#[test]
fn a_file_becomes_a_scenario() {
    let lab = read(CHAIN, &[]);
    let scenario = &lab.scenario;
    assert_eq!((scenario.name.as_str(), lab.seed, scenario.limit), ("chain", 3, Duration::from_secs(10)));
    let names: Vec<&str> = scenario.nodes.iter().map(|node| node.name.as_str()).collect();
    assert_eq!(names, ["a", "r1", "r2", "middle", "b", "c"]);
    assert_eq!(scenario.nodes[3].kind, Kind::Switch(vec!["p1".into(), "p2".into(), "p3".into()]));
    assert_eq!(scenario.nodes[4].config.congestion.name(), "reno");
    assert_eq!(scenario.nodes[4].config.receive_buffer.most, 4 << 20);
    let links: Vec<&str> = scenario.links.iter().map(|link| link.name.as_str()).collect();
    assert_eq!(links, ["l1", "trunk", "l3", "l4", "l5"]);
    assert_eq!((scenario.links[0].forth.loss, scenario.links[0].back.loss), (Loss::Share(0.01), Loss::None));
    assert_eq!((scenario.nodes[0].interfaces[0].queue, scenario.nodes[0].interfaces[0].mtu), (100, 1400));
    assert_eq!(scenario.timeline.len(), 2, "both ways, and what differs on the way back");
    assert!(matches!(&scenario.timeline[0].what, Do::Change { way: None, .. }));
    assert_eq!(scenario.nodes[5].programs[0].start, Duration::from_secs(2));
}

#[test]
fn addresses_and_routes_that_are_not_given_are_computed() {
    let lab = read(CHAIN, &[]);
    let scenario = &lab.scenario;
    let addresses = |node: usize| -> Vec<String> {
        scenario.nodes[node].interfaces.iter().flat_map(|own| &own.addresses).map(ToString::to_string).collect()
    };
    assert_eq!(addresses(0), ["10.0.1.1/24"]);
    assert_eq!(addresses(1), ["10.0.1.2/24", "10.0.2.1/24"]);
    assert_eq!(addresses(2), ["10.0.2.2/24", "192.0.2.1/24"], "a network in which an address was given keeps it");
    assert_eq!((addresses(4), addresses(5)), (vec!["192.0.2.2/24".to_owned()], vec!["192.0.2.7/24".to_owned()]));
    let routes = |node: usize| -> Vec<String> {
        scenario.nodes[node].routes.iter().map(|(to, via)| format!("{to} by {via}")).collect()
    };
    assert_eq!(routes(0), ["0.0.0.0/0 by 10.0.1.2"]);
    assert_eq!(routes(1), ["192.0.2.0/24 by 10.0.2.2"]);
    assert_eq!(routes(4), ["0.0.0.0/0 by 192.0.2.1"]);
    assert_eq!(scenario.names, [("www.example.com".to_owned(), [192, 0, 2, 2].into())]);
}

#[test]
fn settings_win_over_the_file() {
    let lab =
        read(CHAIN, &["seed=9", "limit=5s", "link.trunk.loss=5%", "link.l1.forth.loss=0%", "cc=bbr", "delay=7ms"]);
    assert_eq!((lab.seed, lab.scenario.limit), (9, Duration::from_secs(5)));
    assert_eq!(lab.scenario.links[1].forth.loss, Loss::Share(0.05));
    assert_eq!(lab.scenario.links[0].forth.loss, Loss::None);
    assert_eq!(lab.scenario.nodes[0].config.congestion.name(), "bbr", "the file's own short name");
    assert_eq!(lab.scenario.nodes[4].config.congestion.name(), "reno");
    assert!(lab.scenario.links.iter().all(|link| link.back.cable.delay == Duration::from_millis(7)));
}

#[test]
fn a_star_is_everything_that_fits() {
    let lab = read(
        CHAIN,
        &["node.*.stack.congestion=tahoe", "limit=20", "node.c.run.bulk.bytes=5KB", "node.c.run.0.start=1s"],
    );
    let hosts = lab.scenario.nodes.iter().filter(|node| node.is_host());
    assert!(hosts.into_iter().all(|node| node.config.congestion.name() == "tahoe"));
    assert_eq!(lab.scenario.nodes[4].interfaces[0].queue, 20, "`limit` with a number is the queues'");
    assert_eq!(lab.scenario.nodes[5].programs[0].start, Duration::from_secs(1));
}

#[test]
fn what_varies_is_a_list_of_settings() {
    let vary = Vary::parse("link.wire.loss=0%, 1%,gemodel 1% 10%").expect("it is well-formed");
    let texts: Vec<String> = vary.overrides().map(|setting| setting.text().to_owned()).collect();
    assert_eq!(texts, ["link.wire.loss=0%", "link.wire.loss=1%", "link.wire.loss=gemodel 1% 10%"]);
    assert!(Vary::parse("loss").is_err() && Vary::parse("=1").is_err() && Vary::parse("loss=1%,").is_err());
}

#[test]
fn a_file_is_read_the_same_way_every_time() {
    let printed = || format!("{:?}", read(CHAIN, &["cc=reno"]).scenario);
    assert_eq!(printed(), printed());
}
