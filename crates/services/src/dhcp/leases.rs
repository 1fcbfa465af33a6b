//! The server's side: which address is lent to whom, and what each message is answered with (RFC 2131 section 4.3).

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use base::{Cidr, Duration, Instant};
use wire::dhcp::{CLIENT_PORT, DhcpOption, Message, MessageType, Op, SERVER_PORT};

/// What a server lends, and what it says besides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pool {
    /// The server's own address, with the network that it serves.
    pub server: Cidr,
    /// The first address lent.
    pub first: Ipv4Addr,
    /// The last address lent.
    pub last: Ipv4Addr,
    /// The default gateway that clients are told of.
    pub router: Option<Ipv4Addr>,
    /// The DNS servers that clients are told of.
    pub resolvers: Vec<Ipv4Addr>,
    /// The domain that clients are told of.
    pub domain: Option<String>,
    /// For how long an address is lent.
    pub lease: Duration,
}

impl Pool {
    /// Lends the addresses from `first` to `last` for a day; the server is the default gateway.
    pub fn new(server: Cidr, first: Ipv4Addr, last: Ipv4Addr) -> Pool {
        let router = match server.address() {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(_) => None,
        };
        let lease = Duration::from_secs(86_400);
        Pool { server, first, last, router, resolvers: Vec::new(), domain: None, lease }
    }

    fn id(&self) -> Ipv4Addr {
        match self.server.address() {
            IpAddr::V4(ip) => ip,
            IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
        }
    }

    fn holds(&self, ip: Ipv4Addr) -> bool {
        (self.first..=self.last).contains(&ip) && ip != self.id()
    }

    fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        let bits = self.first.to_bits()..=self.last.to_bits();
        bits.take(MAX_POOL).map(Ipv4Addr::from_bits).filter(|ip| *ip != self.id())
    }
}

/// Where an answer goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum To {
    /// To all on the link: the client has no address yet.
    Everyone,
    /// To the client's address, or to the relay.
    Host(Ipv4Addr, u16),
}

/// Who borrows: the client identifier, or else the hardware address.
type Borrower = Vec<u8>;

#[derive(Clone, Debug)]
struct Loan {
    ip: Ipv4Addr,
    /// An offer that was not taken yet is not a lease.
    is_offer: bool,
    /// After this the address is free again, but kept for its last borrower while others are free.
    until: Instant,
}

/// A DHCP server without clock and sockets: messages in, answers out.
#[derive(Clone, Debug)]
pub struct Leases {
    pool: Pool,
    loans: BTreeMap<Borrower, Loan>,
    /// Addresses that somebody else uses, and until when they are left alone.
    declined: BTreeMap<Ipv4Addr, Instant>,
}

impl Leases {
    /// Nothing lent yet.
    pub fn new(pool: Pool) -> Leases {
        Leases { pool, loans: BTreeMap::new(), declined: BTreeMap::new() }
    }

    /// Addresses lent now.
    pub fn active(&self, now: Instant) -> usize {
        self.loans.values().filter(|loan| !loan.is_offer && loan.until > now).count()
    }

    /// Takes a client's message; the answer, and where it goes.
    pub fn on_message(&mut self, now: Instant, message: &Message) -> Option<(Message, To)> {
        if message.op != Op::Request {
            return None;
        }
        let borrower = message.client_id().map_or_else(|| message.chaddr.0.to_vec(), <[u8]>::to_vec);
        let reply = match message.message_type()? {
            MessageType::Discover => self.on_discover(now, &borrower, message),
            MessageType::Request => self.on_request(now, &borrower, message),
            MessageType::Decline => {
                self.on_decline(now, &borrower, message);
                None
            }
            MessageType::Release => {
                if let Some(loan) = self.loans.get_mut(&borrower).filter(|loan| loan.ip == message.ciaddr) {
                    loan.until = now;
                }
                None
            }
            //= rfc2131#4.3.5
            MessageType::Inform => Some(self.reply(message, MessageType::Ack, Ipv4Addr::UNSPECIFIED)),
            MessageType::Offer | MessageType::Ack | MessageType::Nak => None,
        }?;
        let to = destination(message, &reply);
        Some((reply, to))
    }

    //= rfc2131#4.3.1
    fn on_discover(&mut self, now: Instant, borrower: &Borrower, message: &Message) -> Option<Message> {
        let ip = self.choose(now, borrower, message.requested_ip())?;
        let lent = self.loans.get(borrower).is_some_and(|loan| loan.ip == ip && !loan.is_offer && loan.until > now);
        if !lent {
            self.lend(borrower, Loan { ip, is_offer: true, until: now + OFFER_KEPT });
        }
        Some(self.reply(message, MessageType::Offer, ip))
    }

    /// The address that a client had, or wants, or any.
    fn choose(&self, now: Instant, borrower: &Borrower, wanted: Option<Ipv4Addr>) -> Option<Ipv4Addr> {
        let own = self.loans.get(borrower).map(|loan| loan.ip);
        let free = |ip: &Ipv4Addr| self.is_free(now, *ip, borrower);
        let never_lent = |ip: &Ipv4Addr| !self.loans.values().any(|loan| loan.ip == *ip);
        own.filter(free)
            .or_else(|| wanted.filter(free))
            .or_else(|| self.pool.addresses().find(|ip| never_lent(ip) && free(ip)))
            .or_else(|| self.pool.addresses().find(free))
    }

    fn is_free(&self, now: Instant, ip: Ipv4Addr, borrower: &Borrower) -> bool {
        let taken = self.loans.iter().any(|(other, loan)| loan.ip == ip && other != borrower && loan.until > now);
        let declined = self.declined.get(&ip).is_some_and(|until| *until > now);
        self.pool.holds(ip) && !taken && !declined
    }

    fn lend(&mut self, borrower: &Borrower, loan: Loan) {
        // Whoever had this address before has lost it: one loan an address keeps the table as small as the pool.
        self.loans.retain(|_, other| other.ip != loan.ip);
        self.loans.insert(borrower.clone(), loan);
    }

    //= rfc2131#4.3.2
    fn on_request(&mut self, now: Instant, borrower: &Borrower, message: &Message) -> Option<Message> {
        let known = self.loans.get(borrower).map(|loan| loan.ip);
        if let Some(server) = message.server_id() {
            if server != self.pool.id() {
                // Another server's offer was taken.
                self.loans.retain(|other, loan| other != borrower || !loan.is_offer);
                return None;
            }
            let wanted = message.requested_ip()?;
            return Some(if known == Some(wanted) && self.is_free(now, wanted, borrower) {
                self.acknowledge(now, borrower, message, wanted)
            } else {
                self.refuse(message, "that address was not offered to you")
            });
        }
        let wanted = match message.ciaddr.is_unspecified() {
            true => message.requested_ip()?,
            false => message.ciaddr,
        };
        if !self.pool.server.contains(IpAddr::V4(wanted)) {
            return Some(self.refuse(message, "that address is of another network"));
        }
        match known {
            // Whoever remembers an address that this server knows nothing of may have it from another one.
            None if message.ciaddr.is_unspecified() => None,
            Some(ip) if ip != wanted => Some(self.refuse(message, "you have another address")),
            _ if self.is_free(now, wanted, borrower) => Some(self.acknowledge(now, borrower, message, wanted)),
            _ => Some(self.refuse(message, "that address is not free")),
        }
    }

    //= rfc2131#4.3.3
    fn on_decline(&mut self, now: Instant, borrower: &Borrower, message: &Message) {
        let Some(ip) = message.requested_ip() else { return };
        if self.loans.get(borrower).is_some_and(|loan| loan.ip == ip) {
            self.loans.remove(borrower);
            self.declined.retain(|_, until| *until > now);
            self.declined.insert(ip, now + DECLINED_KEPT);
        }
    }

    fn acknowledge(&mut self, now: Instant, borrower: &Borrower, message: &Message, ip: Ipv4Addr) -> Message {
        self.lend(borrower, Loan { ip, is_offer: false, until: now + self.pool.lease });
        self.reply(message, MessageType::Ack, ip)
    }

    fn refuse(&self, message: &Message, why: &str) -> Message {
        let mut reply = answer_to(message).with(DhcpOption::MessageType(MessageType::Nak));
        reply = reply.with(DhcpOption::ServerId(self.pool.id())).with(DhcpOption::Message(why.to_owned()));
        reply.broadcast |= !message.giaddr.is_unspecified();
        reply
    }

    fn reply(&self, message: &Message, kind: MessageType, ip: Ipv4Addr) -> Message {
        let mut reply = answer_to(message).with(DhcpOption::MessageType(kind));
        reply = reply.with(DhcpOption::ServerId(self.pool.id()));
        reply.yiaddr = ip;
        if kind == MessageType::Ack {
            reply.ciaddr = message.ciaddr;
        }
        //= rfc2131#4.3.5
        // Whoever only asks (INFORM) is lent nothing.
        if !ip.is_unspecified() {
            let seconds = u32::try_from(self.pool.lease.nanos() / 1_000_000_000).unwrap_or(u32::MAX);
            reply = reply
                .with(DhcpOption::LeaseTime(seconds))
                .with(DhcpOption::RenewalTime(seconds / 2))
                .with(DhcpOption::RebindingTime(seconds - seconds / 8));
        }
        if let Some(mask) = self.pool.server.netmask() {
            reply = reply.with(DhcpOption::SubnetMask(mask));
        }
        if let Some(router) = self.pool.router {
            reply = reply.with(DhcpOption::Router(vec![router]));
        }
        if !self.pool.resolvers.is_empty() {
            reply = reply.with(DhcpOption::DomainNameServer(self.pool.resolvers.clone()));
        }
        match &self.pool.domain {
            Some(domain) => reply.with(DhcpOption::DomainName(domain.clone())),
            None => reply,
        }
    }
}

fn answer_to(message: &Message) -> Message {
    let mut reply = Message::new(Op::Reply, message.xid, message.chaddr);
    reply.broadcast = message.broadcast;
    reply.giaddr = message.giaddr;
    reply
}

//= rfc2131#4.1
/// A client without an address cannot answer ARP, so it is answered by broadcast (as the RFC allows) whether it asked for
/// that or not.
fn destination(message: &Message, reply: &Message) -> To {
    if !message.giaddr.is_unspecified() {
        return To::Host(message.giaddr, SERVER_PORT);
    }
    let refused = reply.message_type() == Some(MessageType::Nak);
    if refused || message.ciaddr.is_unspecified() { To::Everyone } else { To::Host(message.ciaddr, CLIENT_PORT) }
}

/// How long an offered address waits for its request.
const OFFER_KEPT: Duration = Duration::from_secs(60);
/// How long an address that somebody else uses is left alone.
const DECLINED_KEPT: Duration = Duration::from_secs(600);
/// Addresses of a pool, at most.
const MAX_POOL: usize = 65_536;

#[cfg(test)]
mod tests {
    use super::*;
    use base::Mac;

    fn at(seconds: u64) -> Instant {
        Instant::ZERO + Duration::from_secs(seconds)
    }

    fn leases() -> Leases {
        let [first, last] = [100, 101].map(|last| Ipv4Addr::new(192, 0, 2, last));
        let mut pool = Pool::new(Cidr::v4([192, 0, 2, 1], 24), first, last);
        pool.lease = Duration::from_secs(1000);
        Leases::new(pool)
    }

    fn message(client: u32, kind: MessageType) -> Message {
        Message::new(Op::Request, client, Mac::local(client)).with(DhcpOption::MessageType(kind))
    }

    fn request(client: u32, ip: Ipv4Addr) -> Message {
        let server = DhcpOption::ServerId(Ipv4Addr::new(192, 0, 2, 1));
        message(client, MessageType::Request).with(DhcpOption::RequestedIp(ip)).with(server)
    }

    fn borrow(leases: &mut Leases, now: u64, client: u32) -> Option<Ipv4Addr> {
        let (offer, to) = leases.on_message(at(now), &message(client, MessageType::Discover))?;
        assert_eq!((offer.message_type(), to), (Some(MessageType::Offer), To::Everyone));
        let (ack, _) = leases.on_message(at(now), &request(client, offer.yiaddr))?;
        assert_eq!(ack.message_type(), Some(MessageType::Ack));
        Some(ack.yiaddr)
    }

    #[test]
    fn each_client_gets_its_own_address_and_the_same_again() {
        let mut leases = leases();
        let first = borrow(&mut leases, 0, 1).unwrap();
        let second = borrow(&mut leases, 0, 2).unwrap();
        assert_ne!(first, second);
        assert_eq!(borrow(&mut leases, 10, 1), Some(first));
        assert_eq!(leases.active(at(10)), 2);
        assert_eq!(borrow(&mut leases, 10, 3), None, "the pool is empty");
        assert_eq!(borrow(&mut leases, 1005, 3), Some(second), "a lease that ended is lent again");
    }

    //= rfc2131#4.3.2 test
    #[test]
    fn a_wrong_request_is_refused() {
        let mut leases = leases();
        let mine = borrow(&mut leases, 0, 1).unwrap();
        let kind = |leases: &mut Leases, message: &Message| {
            leases.on_message(at(1), message).map(|(reply, to)| (reply.message_type().unwrap(), to))
        };
        let nak = Some((MessageType::Nak, To::Everyone));
        assert_eq!(kind(&mut leases, &request(2, mine)), nak, "not offered");
        let mut renew = message(2, MessageType::Request);
        renew.ciaddr = mine;
        assert_eq!(kind(&mut leases, &renew), nak, "lent to another");
        renew.ciaddr = Ipv4Addr::new(198, 51, 100, 9);
        assert_eq!(kind(&mut leases, &renew), nak, "another network");
        let mut renew = message(1, MessageType::Request);
        renew.ciaddr = mine;
        assert_eq!(kind(&mut leases, &renew), Some((MessageType::Ack, To::Host(mine, CLIENT_PORT))));
        let elsewhere = message(1, MessageType::Request).with(DhcpOption::ServerId(Ipv4Addr::new(192, 0, 2, 9)));
        assert_eq!(kind(&mut leases, &elsewhere), None);
    }

    #[test]
    fn a_declined_address_is_left_alone_and_a_released_one_is_free() {
        let mut leases = leases();
        let mine = borrow(&mut leases, 0, 1).unwrap();
        leases.on_message(at(1), &message(1, MessageType::Decline).with(DhcpOption::RequestedIp(mine)));
        let other = borrow(&mut leases, 2, 1).unwrap();
        assert_ne!(mine, other);
        let mut release = message(1, MessageType::Release);
        release.ciaddr = other;
        leases.on_message(at(3), &release);
        assert_eq!(leases.active(at(3)), 0);
        assert_eq!(borrow(&mut leases, 4, 2), Some(other));
        assert_eq!(borrow(&mut leases, 700, 3), Some(mine));
    }

    #[test]
    fn a_host_that_only_asks_is_told_and_lent_nothing() {
        let mut inform = message(1, MessageType::Inform);
        inform.ciaddr = Ipv4Addr::new(192, 0, 2, 50);
        let (ack, to) = leases().on_message(at(0), &inform).unwrap();
        assert_eq!((ack.lease_time(), ack.yiaddr.is_unspecified()), (None, true));
        assert_eq!(to, To::Host(inform.ciaddr, CLIENT_PORT));
    }
}
