//! What does not fit together is refused, and the refusal names what is wrong and what there is instead.

use base::{Blind, Duration};
use sim::Cable;

use base::Cidr;

use super::*;
use crate::program::{DhcpClient, NameServer};

fn refusal(scenario: Scenario) -> String {
    match scenario.start(1, Box::new(Blind)) {
        Ok(_) => panic!("this scenario should not be buildable"),
        Err(error) => error.to_string(),
    }
}

fn two_hosts() -> Scenario {
    let net = |last| [Cidr::v4([192, 0, 2, last], 24)];
    Scenario::new("two")
        .node(NodeSpec::host("a").ethernet("eth0", &net(1)))
        .node(NodeSpec::host("b").ethernet("eth0", &net(2)).line("ppp0", &[]))
        .node(NodeSpec::switch("middle", 2))
        .link("a-middle", "a:eth0", "middle:port0", Cable::IDEAL)
}

#[test]
fn what_fits_together_is_built_with_all_its_names() {
    let built = two_hosts().build(1, Box::new(Blind)).expect("it fits");
    let nodes: Vec<&str> = built.nodes.keys().map(String::as_str).collect();
    assert_eq!(nodes, ["a", "b", "middle"]);
    assert!(built.link("a-middle").is_ok() && built.port("b", "ppp0") == Ok(Port(1)));
}

#[test]
fn an_unknown_name_is_refused_with_those_that_exist() {
    let link = |a: &str, b: &str| refusal(two_hosts().link("new", a, b, Cable::IDEAL));
    assert_eq!(link("c:eth0", "b:eth0"), "no node is called 'c'; there are: a, b, middle");
    assert_eq!(link("b:eth7", "middle:port1"), "no interface of b is called 'eth7'; there are: eth0, ppp0");
    assert_eq!(link("b", "middle:port1"), "no interface of b is called ''; there are: eth0, ppp0");
    assert_eq!(link("b:eth0", "middle:port2"), "no interface of middle is called 'port2'; there are: port0, port1");
}

#[test]
fn the_timeline_is_checked_before_time_passes() {
    let later = |what| refusal(two_hosts().at(Duration::from_secs(9), what));
    assert_eq!(later(Do::Crash { node: "z".into() }), "no node is called 'z'; there are: a, b, middle");
    assert_eq!(later(Do::SetLink { link: "a-b".into(), up: false }), "no link is called 'a-b'; there are: a-middle");
    assert_eq!(later(Do::lose("a-middle", 20.0)), "a-middle: it cannot lose a share of 20: that is between 0 and 1");
}

#[test]
fn names_are_given_once() {
    assert_eq!(refusal(two_hosts().node(NodeSpec::host("a"))), "two nodes are called 'a'");
    assert_eq!(refusal(two_hosts().node(NodeSpec::switch("b", 2))), "two nodes are called 'b'");
    let twice = NodeSpec::host("c").ethernet("eth0", &[]).ethernet("eth0", &[]);
    assert_eq!(refusal(two_hosts().node(twice)), "two interfaces of c are called 'eth0'");
    let link = two_hosts().link("a-middle", "b:eth0", "middle:port1", Cable::IDEAL);
    assert_eq!(refusal(link), "two links are called 'a-middle'");
}

#[test]
fn a_port_takes_one_cable() {
    let link = two_hosts().link("again", "b:eth0", "middle:port0", Cable::IDEAL);
    assert_eq!(refusal(link), "middle:port0 is taken by a-middle, so again cannot end there");
    let circle = two_hosts().link("loop", "b:eth0", "b:eth0", Cable::IDEAL);
    assert_eq!(refusal(circle), "b:eth0 is taken by loop, so loop cannot end there");
}

#[test]
fn ethernet_does_not_fit_a_line_of_bare_ip() {
    let link = two_hosts().link("mixed", "b:ppp0", "middle:port1", Cable::IDEAL);
    let said = "mixed joins what does not fit: b:ppp0 is a line of bare IP, middle:port1 is Ethernet";
    assert_eq!(refusal(link), said);
}

#[test]
fn a_share_beyond_everything_is_refused() {
    let mut scenario = two_hosts();
    scenario.link_mut("a-middle").expect("it is there").forth.loss = crate::scenario::Loss::Share(f64::NAN);
    assert_eq!(refusal(scenario), "a-middle: it cannot lose a share of NaN: that is between 0 and 1");
}

#[test]
fn a_route_needs_an_interface_in_the_network_of_its_router() {
    let lost = NodeSpec::host("c").ethernet("eth0", &[]).route(Cidr::ANY_V4, [203, 0, 113, 1]);
    let said = "c has a route to 0.0.0.0/0 by 203.0.113.1, but no interface in its network";
    assert_eq!(refusal(two_hosts().node(lost)), said);
}

#[test]
fn a_program_that_cannot_start_says_where_and_why() {
    let client = NodeSpec::host("c").ethernet("eth0", &[]).run(DhcpClient::on("wlan0"));
    let said = "a program of c cannot start: it has no interface 'wlan0', only: eth0";
    assert_eq!(refusal(two_hosts().node(client)), said);

    let server = NodeSpec::host("d").run(NameServer::new(&[("example.", "@ 60 IN NOSUCH x")]));
    let said = refusal(two_hosts().node(server));
    assert!(said.starts_with("a program of d cannot start: zone example.: ") && said.contains("line 1"), "{said}");

    let program = NodeSpec::switch("e", 2).run(NameServer::new(&[]));
    let said = "e is a switch: it has ports only, no interfaces, routes or programs";
    assert_eq!(refusal(two_hosts().node(program)), said);
}
