//! Stories of the services below the browser: leases, names, echoes.

mod town;

use base::{Duration, Port};
use glassnet_services::dns::{self, LookupErrorKind};
use glassnet_services::icmp::{Echo, EchoOutcome, Ping, ping};
use sim::rule::Loss;
use town::*;

async fn pinged(net: &net::Net, to: std::net::IpAddr, what: &Ping) -> Vec<Echo> {
    let mut echoes = Vec::new();
    ping(net, to, what, |echo| echoes.push(echo.clone())).await.expect("a raw socket can be opened");
    echoes
}

#[test]
fn a_lease_configures_the_host_and_pings_are_answered() {
    let mut town = Town::new(1);
    let (addresses, resolvers, echoes) = town.on_laptop(|net| async move {
        let echoes = pinged(&net, at(1), &Ping::default()).await;
        (net.interfaces()[0].addresses.clone(), net.resolvers(), echoes)
    });
    assert_eq!(addresses[0].to_string(), "192.0.2.100/24");
    assert_eq!(resolvers, [at(53)]);
    assert_eq!(echoes.len(), 4);
    for echo in echoes {
        let EchoOutcome::Reply { rtt, .. } = echo.outcome else { panic!("{echo}") };
        assert!(rtt >= Duration::from_millis(8) && rtt < Duration::from_millis(20), "{rtt}");
    }
}

#[test]
fn a_lease_is_renewed_while_the_host_lives_and_given_back_at_the_end() {
    let mut town = Town::new(1);
    let mut lease = town.lease.clone();
    let first = town.on_laptop(move |_| async move { lease.bound().await.unwrap() });
    town.world.run_until(first.renew_at + Duration::from_secs(1));
    let second = town.lease.lease().unwrap();
    assert_eq!(second.address, first.address);
    assert!(second.ends_at > first.ends_at);
    town.lease.release();
    town.world.run_until(first.renew_at + Duration::from_secs(5));
    assert_eq!(town.lease.lease(), None);
    assert!(town.net(town.laptop).interfaces()[0].addresses.is_empty());
    assert!(town.seen.steps(town.laptop).ends_with(&["dhcp release".into(), "dhcp unbound".into()]));
}

#[test]
fn a_lease_is_found_through_a_lossy_cable() {
    for seed in 0..5 {
        let mut town = Town::new(seed);
        town.world.rule(town.laptop_cable, Box::new(Loss(0.4)));
        town.on_laptop(|_| async {});
        assert!(town.lease.lease().is_some());
    }
}

#[test]
fn a_second_lookup_is_answered_from_the_cache_until_its_time_is_over() {
    let mut town = Town::new(1);
    town.on_laptop(|net| async move {
        for pause in [0, 10, 400] {
            net.sleep(Duration::from_secs(pause)).await;
            let found = dns::lookup(&net, "www.example.com", 0).await.unwrap();
            assert_eq!((found.addresses, found.server), (vec![at(80)], at(53)));
        }
    });
    let steps = town.seen.steps(town.resolver);
    let count = |wanted: &str| steps.iter().filter(|step| *step == wanted).count();
    // The whole walk first; nothing ten seconds later; only the last zone when the records are too old.
    assert_eq!((count("dns query-out"), count("dns cache-hit")), (4, 2), "{}", town.seen.text());
}

#[test]
fn a_missing_name_is_remembered_as_missing() {
    let mut town = Town::new(1);
    town.on_laptop(|net| async move {
        for _ in 0..2 {
            let error = dns::lookup(&net, "none.example.com", 0).await.unwrap_err();
            assert_eq!(error.kind, LookupErrorKind::NoName);
        }
        let error = dns::lookup(&net, "example.com", 0).await.unwrap_err();
        assert_eq!(error.kind, LookupErrorKind::NoAddress);
    });
    let steps = town.seen.steps(town.resolver);
    assert_eq!(steps.iter().filter(|step| *step == "dns cache-hit").count(), 1);
}

//= rfc7766#5 test
#[test]
fn an_answer_too_large_for_udp_comes_over_tcp() {
    let mut zone = EXAMPLE.to_owned();
    for last in 1..=150 {
        zone += &format!("\nmany IN A 198.51.100.{last}");
    }
    let mut town = Town::with_zone(1, &zone);
    let found = town.on_laptop(|net| async move { dns::lookup(&net, "many.example.com", 0).await.unwrap() });
    assert_eq!(found.addresses.len(), 151);
}

#[test]
fn a_host_without_a_resolver_says_so() {
    let mut town = Town::new(1);
    let error = town.on_laptop(|net| async move {
        net.set_resolvers(Vec::new());
        dns::lookup(&net, "www.example.com", 0).await.unwrap_err()
    });
    assert_eq!(error.kind, LookupErrorKind::NoResolver);
}

#[test]
fn a_ping_to_nobody_is_not_answered() {
    let mut town = Town::new(1);
    let echoes = town.on_laptop(|net| async move {
        assert_eq!(net.interfaces()[0].port, Port(0));
        pinged(&net, at(77), &Ping { count: 1, ..Ping::default() }).await
    });
    assert!(!matches!(echoes[0].outcome, EchoOutcome::Reply { .. }), "{}", echoes[0]);
}
