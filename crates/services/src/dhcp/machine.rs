//! The client's states: RFC 2131 section 4.4, figure 5 (the way of a host that remembers an address, INIT-REBOOT, left out of the picture).
//!
//! ```text
//!   Init ──DISCOVER──▶ Selecting ──OFFER/REQUEST──▶ Requesting ──ACK──▶ Bound ──T1──▶ Renewing ──T2──▶ Rebinding
//!    ▲                                                  │ NAK, silence    ▲ ACK          │ ACK            │ ACK
//!    └──────────────────────────────────────────────────┘                 └──────────────┴────────────────┤
//!    └───────────────────────────────────── NAK, end of the lease ────────────────────────────────────────┘
//! ```

use std::net::{IpAddr, Ipv4Addr};

use base::{Cidr, Duration, Instant, Mac, Rng};
use wire::dhcp::{DhcpOption, Message, MessageType, Op, code};

/// Where the client is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "the RFC's own names")]
pub enum State {
    Init,
    Selecting,
    Rebooting,
    Requesting,
    /// The address was lent; before it is used, it is asked on the link whether somebody has it (RFC 2131, section 2.2).
    Checking,
    Bound,
    Renewing,
    Rebinding,
}

impl State {
    /// The RFC's name.
    pub const fn name(self) -> &'static str {
        match self {
            State::Init => "INIT",
            State::Selecting => "SELECTING",
            State::Rebooting => "REBOOTING",
            State::Requesting => "REQUESTING",
            State::Checking => "CHECKING",
            State::Bound => "BOUND",
            State::Renewing => "RENEWING",
            State::Rebinding => "REBINDING",
        }
    }
}

/// An address, lent for a time, and what came with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// The address with its network.
    pub address: Cidr,
    /// The default gateway.
    pub router: Option<Ipv4Addr>,
    /// The DNS servers.
    pub resolvers: Vec<Ipv4Addr>,
    /// The domain in which short names are looked up.
    pub domain: Option<String>,
    /// Who lends it.
    pub server: Ipv4Addr,
    /// For how long.
    pub span: Duration,
    /// When its server is asked to go on (T1).
    pub renew_at: Instant,
    /// When anybody is asked (T2).
    pub rebind_at: Instant,
    /// When it ends.
    pub ends_at: Instant,
}

/// What a client does next.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Send this to all, from no address.
    Broadcast(Message),
    /// Send this to the server, from the lent address.
    Unicast(Ipv4Addr, Message),
    /// Use this lease (a new one, or the old one for longer).
    Use(Lease),
    /// Ask on the link whether somebody uses this address, and tell [`Machine::on_checked`].
    Check(Ipv4Addr),
    /// The lease is over: stop using the address.
    Stop(Lease),
}

/// A DHCP client without clock and sockets.
///
/// Inputs: [`start`](Machine::start), [`on_message`](Machine::on_message), [`on_timer`](Machine::on_timer),
/// [`release`](Machine::release). After any of them take [`poll_action`](Machine::poll_action) until it is `None`, then
/// [`poll_at`](Machine::poll_at) says when to call `on_timer`.
#[derive(Debug)]
pub struct Machine {
    mac: Mac,
    host_name: Option<String>,
    rng: Rng,
    state: State,
    xid: u32,
    /// When this acquisition or renewal began.
    began: Instant,
    /// When the address was asked for: the first DHCPREQUEST of this state.
    asked: Instant,
    /// Messages sent in this state.
    tries: u32,
    /// The offer that was taken.
    offer: Option<(Ipv4Addr, Ipv4Addr)>,
    lease: Option<Lease>,
    /// Lent, but somebody else may use the address.
    unchecked: Option<Lease>,
    /// Whether addresses are checked before they are used.
    checks: bool,
    next: Option<Instant>,
    actions: Vec<Action>,
}

impl Machine {
    /// A client for this hardware address.
    pub fn new(mac: Mac, host_name: Option<String>, rng: Rng) -> Machine {
        Machine {
            mac,
            host_name,
            rng,
            state: State::Init,
            xid: 0,
            began: Instant::ZERO,
            asked: Instant::ZERO,
            tries: 0,
            offer: None,
            lease: None,
            unchecked: None,
            checks: false,
            next: None,
            actions: Vec::new(),
        }
    }

    /// Asks on the link whether somebody has an address, before it is used.
    pub fn checking(mut self) -> Machine {
        self.checks = true;
        self
    }

    //= rfc2131#3.2
    /// Begins with an address that was had before: its server is asked whether it is still right (INIT-REBOOT).
    pub fn reboot(&mut self, now: Instant, remembered: Ipv4Addr) {
        self.began = now;
        self.xid = self.rng.next_u32();
        self.offer = Some((remembered, Ipv4Addr::UNSPECIFIED));
        self.enter(now, State::Rebooting);
    }

    /// Begins to look for an address. (At once: the random delay of RFC 2131 section 4.4.1 is for many hosts that get
    /// power at the same moment, and clients in use leave it out.)
    pub fn start(&mut self, now: Instant) {
        self.began = now;
        self.xid = self.rng.next_u32();
        self.offer = None;
        self.enter(now, State::Selecting);
    }

    /// A message came in on the interface.
    pub fn on_message(&mut self, now: Instant, message: &Message) {
        if message.op != Op::Reply || message.xid != self.xid || message.chaddr != self.mac {
            return;
        }
        match (self.state, message.message_type()) {
            (State::Selecting, Some(MessageType::Offer)) => self.on_offer(now, message),
            (State::Selecting | State::Init | State::Checking | State::Bound, _) => {}
            (_, Some(MessageType::Ack)) => self.on_ack(now, message),
            (_, Some(MessageType::Nak)) => self.restart(now),
            _ => {}
        }
    }

    fn on_offer(&mut self, now: Instant, message: &Message) {
        // The first offer is taken; one without an address or a server is none.
        if let Some(server) = message.server_id().filter(|_| !message.yiaddr.is_unspecified()) {
            self.offer = Some((message.yiaddr, server));
            self.enter(now, State::Requesting);
        }
    }

    //= rfc2131#4.4.5
    fn on_ack(&mut self, now: Instant, message: &Message) {
        let known = self.lease.as_ref().map(|lease| lease.server).or(self.offer.map(|(_, server)| server));
        let server = message.server_id().or(known);
        let (Some(server), Some(seconds)) = (server, message.lease_time()) else { return };
        if message.yiaddr.is_unspecified() || seconds == 0 {
            return;
        }
        let span = Duration::from_secs(u64::from(seconds));
        let after = |seconds: Option<u32>, part: Duration| {
            let given = seconds.map(|seconds| Duration::from_secs(u64::from(seconds)));
            // The lease runs from the moment at which it was asked for.
            self.asked + given.unwrap_or(part).min(span)
        };
        let renew_at = after(message.renewal_time(), span / 2);
        let rebind_at = after(message.rebinding_time(), span / 8 * 7).max(renew_at);
        let prefix = message.subnet_mask().map_or(24, |mask| mask.to_bits().leading_ones() as u8);
        let lease = Lease {
            address: Cidr::new(IpAddr::V4(message.yiaddr), prefix),
            router: message.routers().first().copied(),
            resolvers: message.dns_servers().to_vec(),
            domain: message.domain_name().map(str::to_owned),
            server,
            span,
            renew_at,
            rebind_at,
            ends_at: self.asked + span,
        };
        let known = self.lease.as_ref().is_some_and(|old| old.address == lease.address);
        if self.checks && !known {
            self.actions.push(Action::Check(ip(&lease)));
            self.unchecked = Some(lease);
            self.state = State::Checking;
            self.next = None;
            return;
        }
        self.bind(now, lease);
    }

    fn bind(&mut self, now: Instant, lease: Lease) {
        if let Some(old) = self.lease.take().filter(|old| old.address != lease.address) {
            self.actions.push(Action::Stop(old));
        }
        self.actions.push(Action::Use(lease.clone()));
        self.lease = Some(lease);
        self.enter(now, State::Bound);
    }

    //= rfc2131#3.1
    /// What came of the check that the machine asked for: an address that somebody uses is declined, and another is looked for ten seconds
    /// later.
    pub fn on_checked(&mut self, now: Instant, in_use: bool) {
        let Some(lease) = self.unchecked.take() else { return };
        if !in_use {
            return self.bind(now, lease);
        }
        let mut decline = self.message(MessageType::Decline);
        decline = decline.with(DhcpOption::RequestedIp(ip(&lease))).with(DhcpOption::ServerId(lease.server));
        self.actions.push(Action::Broadcast(decline));
        self.state = State::Init;
        self.next = Some(now + DECLINE_PAUSE);
    }

    /// The time of `poll_at` has come.
    pub fn on_timer(&mut self, now: Instant) {
        if self.next.is_none_or(|at| now < at) {
            return;
        }
        let lease = self.lease.as_ref().map(|lease| (lease.rebind_at, lease.ends_at));
        match (self.state, lease) {
            (State::Init, _) => self.start(now),
            (State::Selecting, _) => self.send(now),
            (State::Checking, _) => self.next = None,
            //= rfc2131#3.2
            // Silence would allow the remembered address to be used on; a new one is the safe way.
            (State::Rebooting, _) if self.tries >= MAX_REBOOTS => self.restart(now),
            (State::Rebooting, _) => self.send(now),
            (State::Requesting, _) if self.tries >= MAX_REQUESTS => self.restart(now),
            (State::Requesting, _) => self.send(now),
            (State::Bound, Some(_)) => {
                self.began = now;
                self.xid = self.rng.next_u32();
                self.enter(now, State::Renewing);
            }
            (_, Some((_, ends_at))) if now >= ends_at => self.restart(now),
            (State::Renewing, Some((rebind_at, _))) if now >= rebind_at => self.enter(now, State::Rebinding),
            (State::Renewing | State::Rebinding, Some(_)) => self.send(now),
            (_, None) => self.restart(now),
        }
    }

    //= rfc2131#4.4.6
    /// Gives the address back and stops.
    pub fn release(&mut self) {
        if let Some(lease) = self.lease.take() {
            self.xid = self.rng.next_u32();
            let mut message = self.message(MessageType::Release).with(DhcpOption::ServerId(lease.server));
            message.broadcast = false;
            message.ciaddr = ip(&lease);
            self.actions.push(Action::Unicast(lease.server, message));
            self.actions.push(Action::Stop(lease));
        }
        self.state = State::Init;
        self.next = None;
    }

    /// What to do next.
    pub fn poll_action(&mut self) -> Option<Action> {
        (!self.actions.is_empty()).then(|| self.actions.remove(0))
    }

    /// When to call `on_timer`.
    pub fn poll_at(&self) -> Option<Instant> {
        self.next
    }

    /// Where it is in its life.
    pub fn state(&self) -> State {
        self.state
    }

    /// What ties this exchange's steps together: the transaction's number.
    pub fn span(&self) -> u64 {
        u64::from(self.xid)
    }

    /// Starts anew, without an address.
    fn restart(&mut self, now: Instant) {
        if let Some(lease) = self.lease.take() {
            self.actions.push(Action::Stop(lease));
        }
        self.start(now);
    }

    fn enter(&mut self, now: Instant, state: State) {
        self.state = state;
        self.tries = 0;
        match (state, &self.lease) {
            (State::Bound, Some(lease)) => self.next = Some(lease.renew_at),
            _ => {
                self.asked = now;
                self.send(now);
            }
        }
    }

    /// Sends what this state sends, and sets the time of the next try.
    fn send(&mut self, now: Instant) {
        self.next = Some(self.next_try(now));
        self.tries += 1;
        let secs = u16::try_from((now - self.began).nanos() / 1_000_000_000).unwrap_or(u16::MAX);
        let mut message = match (self.state, self.offer, &self.lease) {
            (State::Selecting, ..) => self.message(MessageType::Discover),
            //= rfc2131#4.3.2
            // Whoever remembers an address does not know yet which server to name.
            (State::Rebooting, Some((address, _)), _) => {
                self.message(MessageType::Request).with(DhcpOption::RequestedIp(address))
            }
            (State::Requesting, Some((address, server)), _) => self
                .message(MessageType::Request)
                .with(DhcpOption::RequestedIp(address))
                .with(DhcpOption::ServerId(server)),
            //= rfc2131#4.3.2
            // Whoever renews names neither server nor wish: `ciaddr` says it all.
            (State::Renewing | State::Rebinding, _, Some(lease)) => {
                let mut message = self.message(MessageType::Request);
                message.ciaddr = ip(lease);
                message.broadcast = false;
                message
            }
            _ => return,
        };
        message.secs = secs;
        self.actions.push(match (self.state, &self.lease) {
            (State::Renewing, Some(lease)) => Action::Unicast(lease.server, message),
            _ => Action::Broadcast(message),
        });
    }

    //= rfc2131#4.1
    //= rfc2131#4.4.5
    fn next_try(&mut self, now: Instant) -> Instant {
        let half_until = |at: Instant| now + ((at - now) / 2).max(RENEW_PAUSE).min(at - now);
        match (self.state, &self.lease) {
            (State::Renewing, Some(lease)) => half_until(lease.rebind_at),
            (State::Rebinding, Some(lease)) => half_until(lease.ends_at),
            _ => {
                // 4, 8, 16, 32, 64 seconds, each a second more or less.
                let pause = Duration::from_secs(4 << self.tries.min(4)) - SECOND;
                now + pause + Duration::from_nanos(self.rng.below(2 * SECOND.nanos() + 1))
            }
        }
    }

    fn message(&self, kind: MessageType) -> Message {
        let mut message = Message::new(Op::Request, self.xid, self.mac);
        // Until it has an address, a host need not be able to take unicast (RFC 2131, section 4.1).
        message.broadcast = true;
        let mut id = vec![1];
        id.extend_from_slice(&self.mac.0);
        message = message.with(DhcpOption::MessageType(kind)).with(DhcpOption::ClientId(id));
        if let Some(name) = &self.host_name {
            message = message.with(DhcpOption::HostName(name.clone()));
        }
        if matches!(kind, MessageType::Release | MessageType::Decline) {
            return message;
        }
        let wanted = [code::SUBNET_MASK, code::ROUTER, code::DOMAIN_NAME_SERVER, code::DOMAIN_NAME];
        message.with(DhcpOption::ParameterList(wanted.to_vec()))
    }
}

fn ip(lease: &Lease) -> Ipv4Addr {
    match lease.address.address() {
        IpAddr::V4(ip) => ip,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    }
}

const SECOND: Duration = Duration::from_secs(1);
/// The shortest pause between two attempts to renew (RFC 2131, section 4.4.5).
const RENEW_PAUSE: Duration = Duration::from_secs(60);
/// Requests for one offer before another is looked for: about a minute.
const MAX_REQUESTS: u32 = 4;
/// Requests for a remembered address before a new one is looked for.
const MAX_REBOOTS: u32 = 2;
/// RFC 2131, section 3.1: how long to wait after an address was declined.
const DECLINE_PAUSE: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dhcp::{Leases, Pool};

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn client() -> Machine {
        Machine::new(Mac::local(1), Some("laptop".into()), Rng::root(1))
    }

    fn server() -> Leases {
        let [first, last] = [100, 200].map(|last| Ipv4Addr::new(192, 0, 2, last));
        let mut pool = Pool::new(Cidr::v4([192, 0, 2, 1], 24), first, last);
        pool.lease = secs(8000);
        pool.resolvers = vec![Ipv4Addr::new(203, 0, 113, 53)];
        Leases::new(pool)
    }

    /// Carries messages until both are quiet; what the client did besides.
    fn talk(now: Instant, client: &mut Machine, server: &mut Leases) -> Vec<Action> {
        let mut others = Vec::new();
        while let Some(action) = client.poll_action() {
            match action {
                Action::Broadcast(message) | Action::Unicast(_, message) => {
                    if let Some((reply, _)) = server.on_message(now, &message) {
                        client.on_message(now, &reply);
                    }
                }
                other => others.push(other),
            }
        }
        others
    }

    /// Lets time pass with a server that is silent: the times of the client's messages, in seconds.
    fn alone(client: &mut Machine, until: Instant) -> Vec<(u64, State)> {
        let mut sent = Vec::new();
        let mut now = Instant::ZERO;
        loop {
            while let Some(action) = client.poll_action() {
                if matches!(action, Action::Broadcast(_) | Action::Unicast(..)) {
                    sent.push(((now - Instant::ZERO).nanos() / 1_000_000_000, client.state()));
                }
            }
            match client.poll_at().filter(|at| *at < until) {
                Some(at) => now = at,
                None => return sent,
            }
            client.on_timer(now);
        }
    }

    #[test]
    fn a_client_gets_a_lease_and_renews_it_at_half_of_its_time() {
        let (mut client, mut server) = (client(), server());
        client.start(Instant::ZERO);
        let [Action::Use(lease)] = &talk(Instant::ZERO, &mut client, &mut server)[..] else { panic!() };
        assert_eq!(lease.address, Cidr::v4([192, 0, 2, 100], 24));
        assert_eq!((lease.router, lease.resolvers.len()), (Some(Ipv4Addr::new(192, 0, 2, 1)), 1));
        assert_eq!(client.poll_at(), Some(Instant::ZERO + secs(4000)));
        let now = Instant::ZERO + secs(4000);
        client.on_timer(now);
        assert_eq!(client.state(), State::Renewing);
        let [Action::Use(lease)] = &talk(now, &mut client, &mut server)[..] else { panic!() };
        assert_eq!((client.state(), lease.ends_at), (State::Bound, now + secs(8000)));
    }

    //= rfc2131#4.4.1 test
    #[test]
    fn a_lease_runs_from_the_request_that_was_acknowledged() {
        let (mut client, mut server) = (client(), server());
        client.start(Instant::ZERO);
        talk(Instant::ZERO, &mut client, &mut server);
        let t2 = Instant::ZERO + secs(7000);
        alone(&mut client, t2 + secs(1));
        // Everything in between was lost; the first request to anybody is acknowledged.
        assert_eq!(client.state(), State::Rebinding);
        client.send(t2);
        let [Action::Use(lease)] = &talk(t2, &mut client, &mut server)[..] else { panic!() };
        assert_eq!((lease.renew_at, lease.ends_at), (t2 + secs(4000), t2 + secs(8000)));
    }

    //= rfc2131#4.1 test
    #[test]
    fn discover_is_repeated_after_4_8_16_32_and_64_seconds_more_or_less() {
        let mut client = client();
        client.start(Instant::ZERO);
        let times: Vec<u64> = alone(&mut client, Instant::ZERO + secs(300)).iter().map(|(at, _)| *at).collect();
        let pauses: Vec<i64> = times.windows(2).map(|pair| (pair[1] - pair[0]) as i64).collect();
        for (pause, expected) in pauses.iter().zip([4, 8, 16, 32, 64, 64]) {
            assert!((pause - expected).abs() <= 2, "{times:?}");
        }
        assert!(times.len() >= 7);
    }

    //= rfc2131#4.4.5 test
    #[test]
    fn an_unanswered_renewal_turns_to_everyone_and_ends_with_the_lease() {
        let (mut client, mut server) = (client(), server());
        client.start(Instant::ZERO);
        talk(Instant::ZERO, &mut client, &mut server);
        let sent = alone(&mut client, Instant::ZERO + secs(8000));
        let of = |state| sent.iter().filter(|(_, found)| *found == state).map(|(at, _)| *at).collect::<Vec<_>>();
        assert_eq!(of(State::Renewing)[..3], [4000, 5500, 6250], "half of what is left until T2");
        assert_eq!(of(State::Rebinding)[0], 7000);
        client.on_timer(Instant::ZERO + secs(8000));
        assert!(matches!(client.poll_action(), Some(Action::Stop(_))));
        assert_eq!(client.state(), State::Selecting);
    }

    //= rfc2131#3.2 test
    #[test]
    fn a_remembered_address_is_asked_for_again_or_refused_in_another_network() {
        let (mut client, mut server) = (client(), server());
        client.start(Instant::ZERO);
        talk(Instant::ZERO, &mut client, &mut server);
        let mut again = super::tests::client();
        again.reboot(Instant::ZERO, Ipv4Addr::new(192, 0, 2, 100));
        assert_eq!(again.state(), State::Rebooting);
        assert!(matches!(&talk(Instant::ZERO, &mut again, &mut server)[..], [Action::Use(_)]));
        let mut moved = super::tests::client();
        moved.reboot(Instant::ZERO, Ipv4Addr::new(198, 51, 100, 7));
        let [Action::Use(lease)] = &talk(Instant::ZERO, &mut moved, &mut server)[..] else { panic!() };
        assert_eq!(lease.address, Cidr::v4([192, 0, 2, 100], 24), "refused, then found anew");
        let mut lost = super::tests::client();
        lost.reboot(Instant::ZERO, Ipv4Addr::new(192, 0, 2, 100));
        let states: Vec<State> = alone(&mut lost, Instant::ZERO + secs(30)).iter().map(|(_, state)| *state).collect();
        assert_eq!(states[..3], [State::Rebooting, State::Rebooting, State::Selecting]);
    }

    //= rfc2131#3.1 test
    #[test]
    fn an_address_in_use_is_declined_and_another_found_after_ten_seconds() {
        let (mut client, mut server) = (client().checking(), server());
        client.start(Instant::ZERO);
        let taken = Ipv4Addr::new(192, 0, 2, 100);
        assert_eq!(talk(Instant::ZERO, &mut client, &mut server), [Action::Check(taken)]);
        client.on_checked(Instant::ZERO, true);
        assert_eq!(talk(Instant::ZERO, &mut client, &mut server), []);
        let later = Instant::ZERO + secs(10);
        assert_eq!(client.poll_at(), Some(later));
        client.on_timer(later);
        let other = Ipv4Addr::new(192, 0, 2, 101);
        assert_eq!(talk(later, &mut client, &mut server), [Action::Check(other)]);
        client.on_checked(later, false);
        assert!(matches!(client.poll_action(), Some(Action::Use(lease)) if ip(&lease) == other));
        assert_eq!(client.state(), State::Bound);
    }

    #[test]
    fn a_refused_request_starts_anew() {
        let (mut client, mut server) = (client(), server());
        client.start(Instant::ZERO);
        let Some(Action::Broadcast(discover)) = client.poll_action() else { panic!() };
        let (offer, _) = server.on_message(Instant::ZERO, &discover).unwrap();
        client.on_message(Instant::ZERO, &offer);
        let Some(Action::Broadcast(request)) = client.poll_action() else { panic!() };
        // Somebody else was faster.
        let mut other = request.clone();
        other.chaddr = Mac::local(2);
        other.options.retain(|option| !matches!(option, DhcpOption::ClientId(_)));
        let (nak, _) = server.on_message(Instant::ZERO + secs(100), &other).unwrap();
        assert_eq!(nak.message_type(), Some(MessageType::Nak));
        let mut nak = nak;
        nak.chaddr = Mac::local(1);
        client.on_message(Instant::ZERO, &nak);
        assert_eq!(client.state(), State::Selecting);
    }

    #[test]
    fn messages_for_others_are_ignored_and_a_release_gives_the_address_back() {
        let (mut client, mut server) = (client(), server());
        client.start(Instant::ZERO);
        let Some(Action::Broadcast(discover)) = client.poll_action() else { panic!() };
        let (mut offer, _) = server.on_message(Instant::ZERO, &discover).unwrap();
        offer.xid ^= 1;
        client.on_message(Instant::ZERO, &offer);
        assert_eq!(client.state(), State::Selecting);
        offer.xid ^= 1;
        client.on_message(Instant::ZERO, &offer);
        talk(Instant::ZERO, &mut client, &mut server);
        assert_eq!(server.active(Instant::ZERO), 1);
        client.release();
        talk(Instant::ZERO, &mut client, &mut server);
        assert_eq!((server.active(Instant::ZERO), client.poll_at()), (0, None));
    }
}
