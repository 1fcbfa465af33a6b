//! Kathará: `lab.conf` joins interfaces to collision domains, which become switches; startup files give addresses.

use super::{ImportError, Imported, Kind, Link, Topology, commands, named};

/// Reads the text of a `lab.conf`; `startup` gives the text of a device's startup file, if there is one.
///
/// # Errors
/// A line that is none of a `lab.conf`.
pub fn kathara(text: &str, startup: &dyn Fn(&str) -> Option<String>) -> Result<Imported, ImportError> {
    let mut topology =
        Topology { source: "imported from a Kathará lab".into(), name: "kathara".into(), ..Topology::default() };
    let mut domains: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let number: usize = number;
        let Some((key, value)) = line.split_once('=') else { return Err(wrong(number, line)) };
        let value = value.trim().trim_matches(['"', '\'']);
        let Some((device, argument)) = key.trim().strip_suffix(']').and_then(|key| key.split_once('[')) else {
            match key.trim() {
                "LAB_NAME" => topology.name = value.to_owned(),
                meta if meta.starts_with("LAB_") => topology.note(format!("{meta} = {value}")),
                _ => return Err(wrong(number, line)),
            }
            continue;
        };
        let device = named(device.trim());
        topology.node(&device, Kind::Host);
        let Ok(interface) = argument.trim().parse::<u16>() else {
            topology.note(format!("{device}: `{}` = {value}", argument.trim()));
            continue;
        };
        // A hardware address may follow the domain.
        let (domain, mac) = value.split_once('/').map_or((value, None), |(domain, mac)| (domain, Some(mac)));
        if let Some(mac) = mac {
            topology.note(format!("{device}: the hardware address {mac} of eth{interface}"));
        }
        let end = (device, format!("eth{interface}"));
        match domains.iter_mut().find(|(known, _)| known == domain) {
            Some((_, ends)) => ends.push(end),
            None => domains.push((domain.to_owned(), vec![end])),
        }
    }
    follow_startup(&mut topology, startup);
    join(&mut topology, domains);
    Ok(topology.finish())
}

fn wrong(number: usize, line: &str) -> ImportError {
    let what = format!("line {number} is none of a lab.conf: {line}");
    ImportError {
        what,
        hint: "lines read device[0]=\"A\": interface eth0 of device is in the collision domain A".into(),
    }
}

fn follow_startup(topology: &mut Topology, startup: &dyn Fn(&str) -> Option<String>) {
    let names: Vec<String> = topology.nodes.iter().map(|node| node.name.clone()).collect();
    for name in names {
        if let Some(script) = startup(&name) {
            commands::follow(topology, &name, &script);
        }
    }
}

/// Every domain becomes a switch; what has a leg in two of them forwards, as Kathará's devices do.
fn join(topology: &mut Topology, domains: Vec<(String, Vec<(String, String)>)>) {
    for (domain, ends) in &domains {
        let mut switch = named(domain);
        while topology.nodes.iter().any(|node| node.name == switch) {
            switch += "-lan";
        }
        topology.node(&switch, Kind::Switch);
        for (index, (device, interface)) in ends.iter().enumerate() {
            topology.links.push(Link::new((device, interface), (&switch, &format!("port{index}"))));
        }
    }
    for node in topology.nodes.iter_mut().filter(|node| node.kind == Kind::Host) {
        let legs = domains.iter().flat_map(|(_, ends)| ends).filter(|(device, _)| *device == node.name);
        if legs.count() > 1 {
            node.kind = Kind::Router;
        }
    }
}
