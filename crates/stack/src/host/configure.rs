//! Interfaces, addresses, routes and fixed neighbours: what a person or DHCP sets.

use std::net::IpAddr;

use base::{Cidr, Mac, Port, Rng};

use super::{Host, find_path};
use crate::config::{InterfaceConfig, Route};
use crate::iface::Interface;

impl Host {
    /// Starts anew, as a machine does that lost its power: settings and interfaces stay, everything else is forgotten.
    pub fn reboot(&mut self, rng: Rng) {
        let interfaces: Vec<InterfaceConfig> = self.interfaces().map(|(_, config)| config.clone()).collect();
        // Packets of both lives are told apart.
        let packets = self.packets;
        *self = Host::new(self.node, self.config.clone(), rng);
        self.packets = packets;
        for config in interfaces {
            self.add_interface(config);
        }
    }

    /// Adds an interface; ports count from 0.
    pub fn add_interface(&mut self, config: InterfaceConfig) -> Port {
        self.interfaces.push(Interface::new(config));
        Port((self.interfaces.len() - 1) as u16)
    }

    /// All interfaces, by port.
    pub fn interfaces(&self) -> impl Iterator<Item = (Port, &InterfaceConfig)> {
        self.interfaces.iter().enumerate().map(|(n, interface)| (Port(n as u16), &interface.config))
    }

    /// Frames that wait in front of the medium at `port`.
    pub fn queue_len(&self, port: Port) -> usize {
        self.interfaces.get(usize::from(port.0)).map_or(0, |interface| interface.queue.len())
    }

    /// Gives an interface an address, and a route to the network that it names.
    pub fn add_address(&mut self, port: Port, address: Cidr) {
        let Some(interface) = self.interfaces.get_mut(usize::from(port.0)) else { return };
        if interface.addresses.contains(&address) {
            return;
        }
        interface.addresses.push(address);
        self.own.add(address.address(), port);
        self.add_route(Route { to: address, via: None, port });
    }

    /// Takes an address and its network's route away. False when the interface did not have it.
    pub fn remove_address(&mut self, port: Port, address: IpAddr) -> bool {
        let Some(interface) = self.interfaces.get_mut(usize::from(port.0)) else { return false };
        let Some(at) = interface.addresses.iter().position(|cidr| cidr.address() == address) else { return false };
        let cidr = interface.addresses.remove(at);
        self.own.remove(address);
        self.remove_route(cidr);
        true
    }

    /// The addresses of an interface, in the order in which they were given.
    pub fn addresses(&self, port: Port) -> &[Cidr] {
        self.interfaces.get(usize::from(port.0)).map_or(&[], |interface| &interface.addresses)
    }

    /// Adds a route, or replaces the one to the same network.
    pub fn add_route(&mut self, route: Route) {
        self.routes.add(route);
        self.reroute();
    }

    /// Removes the route to exactly this network. False when there is none.
    pub fn remove_route(&mut self, to: Cidr) -> bool {
        let removed = self.routes.remove(to);
        self.reroute();
        removed
    }

    /// All routes, in the order in which they were added.
    pub fn routes(&self) -> &[Route] {
        self.routes.all()
    }

    /// A neighbour that need not be asked for.
    pub fn add_neighbor(&mut self, port: Port, ip: IpAddr, mac: Mac) {
        self.neighbors.insert_static(port, ip, mac);
    }

    fn reroute(&mut self) {
        let Host { tcp, own, routes, interfaces, .. } = self;
        tcp.reroute(&|to| find_path(own, routes, interfaces, to));
        self.note_ready();
    }
}
