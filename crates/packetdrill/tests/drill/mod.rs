//! packetdrill's place, taken by a test: the table of functions behind safe calls, and packets in and out.
//!
//! Sequence numbers count from each side's SYN, as in packetdrill's scripts.
#![allow(unsafe_code, dead_code, reason = "a table of C functions; each test uses some of them")]

use std::cell::Cell;
use std::ffi::{CString, c_void};
use std::net::{IpAddr, SocketAddr};
use std::ptr;

use base::{PacketId, SeqNum};
use glassnet_packetdrill::ffi::{PacketdrillInterface, packetdrill_interface_init};
use wire::ip::Protocol;
use wire::tcp::{Flags, Header, Options};
use wire::{PacketBuf, ipv4, ipv6};

/// One machine, and the peer that the test plays.
pub(crate) struct Drill {
    table: PacketdrillInterface,
    /// This end and the peer's, as addresses of the wire.
    pub(crate) host: SocketAddr,
    pub(crate) peer: SocketAddr,
    host_isn: Cell<Option<SeqNum>>,
}

// SAFETY: the table's functions may be called from any thread, as packetdrill does.
unsafe impl Sync for Drill {}

/// A segment from the peer.
#[derive(Clone, Copy)]
pub(crate) struct In {
    pub(crate) flags: Flags,
    pub(crate) seq: u32,
    pub(crate) len: usize,
    pub(crate) ack: u32,
    pub(crate) window: u16,
    pub(crate) options: Options,
}

/// An acknowledgement of everything before `ack`.
pub(crate) fn ack(ack: u32) -> In {
    In { flags: Flags::ACK, seq: 1, len: 0, ack, window: 257, options: Options::default() }
}

/// `len` bytes of text from `seq` on.
pub(crate) fn text(seq: u32, len: usize, acked: u32) -> In {
    In { flags: Flags::ACK | Flags::PSH, seq, len, ..ack(acked) }
}

/// The peer's SYN: MSS 1000, SACK, a window scale of 7.
pub(crate) fn syn() -> In {
    let options = Options { mss: Some(1000), sack_permitted: true, window_scale: Some(7), ..Options::default() };
    In { flags: Flags::SYN, seq: 0, len: 0, ack: 0, window: 32_792, options }
}

/// What a call answers: a number, or an `errno`.
pub(crate) type Answer = Result<i64, i32>;

impl Drill {
    pub(crate) fn new() -> Self {
        Self::with_flags("")
    }

    pub(crate) fn with_flags(flags: &str) -> Self {
        let flags = CString::new(flags).expect("no zero in it");
        let mut table = std::mem::MaybeUninit::uninit();
        // SAFETY: a C string, and room for the table, which the call fills in.
        let table = unsafe {
            assert_eq!(packetdrill_interface_init(flags.as_ptr(), table.as_mut_ptr()), 0);
            table.assume_init()
        };
        let host = SocketAddr::from(([192, 168, 0, 1], 8080));
        let peer = SocketAddr::from(([192, 0, 2, 1], 40_000));
        Drill { table, host, peer, host_isn: Cell::new(None) }
    }

    /// The same over IPv6.
    pub(crate) fn v6() -> Self {
        let host = SocketAddr::from(([0xfd3d, 0xa0b, 0x17d6, 0, 0, 0, 0, 1], 8080));
        let peer = SocketAddr::from(([0xfd3d, 0xfa7b, 0xd17d, 0, 0, 0, 0, 1], 40_000));
        Drill { host, peer, ..Self::with_flags("mtu=1520") }
    }

    /// Where this end's sequence numbers begin.
    pub(crate) fn isn(&self) -> SeqNum {
        self.host_isn.get().expect("a SYN has left")
    }

    // --- packets ---------------------------------------------------------------------------------------------------

    pub(crate) fn inject(&self, segment: In) {
        let mut packet = PacketBuf::new(PacketId::NONE, vec![b'x'; segment.len].into());
        let header = Header {
            src_port: self.peer.port(),
            dst_port: self.host.port(),
            seq: PEER_ISN + segment.seq,
            ack: self.host_isn.get().unwrap_or(SeqNum(0)) + segment.ack,
            flags: segment.flags,
            window: segment.window,
            options: segment.options,
            ..Header::default()
        };
        header.push(&mut packet, self.peer.ip(), self.host.ip());
        match (self.peer.ip(), self.host.ip()) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => {
                ipv4::Header { src, dst, protocol: Protocol::TCP, ttl: 64, ..Default::default() }.push(&mut packet);
            }
            (IpAddr::V6(src), IpAddr::V6(dst)) => {
                ipv6::Header { src, dst, next_header: Protocol::TCP, ..Default::default() }.push(&mut packet);
            }
            _ => panic!("both ends have one family"),
        }
        let bytes = packet.contiguous();
        let send = self.table.netdev_send.expect("filled in");
        // SAFETY: the bytes are there for the time of the call.
        assert_eq!(unsafe { send(self.table.userdata, bytes.as_ptr().cast(), bytes.len()) }, 0);
    }

    /// The Diffserv field of the next packet.
    pub(crate) fn diffserv(&self) -> u8 {
        let (_, packet) = self.receive().expect("a packet");
        if packet[0] >> 4 == 4 { packet[1] >> 2 } else { (packet[0] & 15) << 2 | packet[1] >> 6 }
    }

    /// The kinds of the next packet's TCP options, in their order.
    pub(crate) fn option_kinds(&self) -> Vec<u8> {
        let (_, packet) = self.receive().expect("a packet");
        let at = if packet[0] >> 4 == 4 { usize::from(packet[0] & 15) * 4 } else { ipv6::LEN };
        let end = at + usize::from(packet[at + 12] >> 4) * 4;
        let (mut kinds, mut at) = (Vec::new(), at + wire::tcp::LEN);
        while at < end {
            kinds.push(packet[at]);
            at += if packet[at] < 2 { 1 } else { usize::from(packet[at + 1]) };
        }
        kinds
    }

    /// The next packet, with the millisecond in which it left; `None`: nothing can ever come.
    pub(crate) fn packet(&self) -> Option<(i64, Header, usize)> {
        let (time, packet) = self.receive()?;
        let at = if packet[0] >> 4 == 4 { usize::from(packet[0] & 15) * 4 } else { ipv6::LEN };
        assert!(wire::tcp::verify(self.host.ip(), self.peer.ip(), [&packet[at..], &[]]), "a wrong checksum");
        let header = Header::parse(&packet[at..]).expect("a TCP header");
        if header.flags.contains(Flags::SYN) {
            self.host_isn.set(Some(header.seq));
        }
        Some((time / 1000, header, packet.len() - at - header.header_len))
    }

    fn receive(&self) -> Option<(i64, Vec<u8>)> {
        let (mut room, mut time) = (vec![0u8; 70_000], 0);
        let mut count = room.len();
        let receive = self.table.netdev_receive.expect("filled in");
        // SAFETY: room, its size and the time are the test's.
        let status = unsafe { receive(self.table.userdata, room.as_mut_ptr().cast(), &raw mut count, &raw mut time) };
        assert_eq!(status, 0);
        let packet = room.get(..count).filter(|packet| !packet.is_empty())?;
        Some((time, packet.to_vec()))
    }

    /// The same in words: `P. 1:1001(1000) ack 1`.
    pub(crate) fn line(&self) -> String {
        let Some((_, header, len)) = self.packet() else { return "nothing".into() };
        let letters = [(Flags::FIN, 'F'), (Flags::SYN, 'S'), (Flags::RST, 'R'), (Flags::PSH, 'P'), (Flags::ACK, '.')];
        let flags: String = letters.iter().filter(|(flag, _)| header.flags.contains(*flag)).map(|(_, c)| *c).collect();
        let seq = header.seq - self.host_isn.get().unwrap_or(header.seq);
        let acked = header.flags.contains(Flags::ACK).then(|| format!(" ack {}", header.ack - PEER_ISN));
        format!("{flags} {seq}:{}({len}){}", seq + len as u32, acked.unwrap_or_default())
    }

    // --- calls -----------------------------------------------------------------------------------------------------

    pub(crate) fn socket(&self, domain: i32) -> i32 {
        let call = self.table.socket.expect("filled in");
        // SAFETY: numbers only, here and below where nothing else is said.
        let fd = unsafe { call(self.table.userdata, domain, libc::SOCK_STREAM, libc::IPPROTO_TCP) };
        assert!(fd >= 0, "errno {}", errno());
        fd
    }

    /// A listener on the host's address.
    pub(crate) fn listener(&self, domain: i32) -> i32 {
        let fd = self.socket(domain);
        let (bind, listen) = (self.table.bind.expect("filled in"), self.table.listen.expect("filled in"));
        let address = sockaddr(self.host, domain);
        // SAFETY: the address is there for the time of the call.
        unsafe {
            assert_eq!(bind(self.table.userdata, fd, address.as_ptr().cast(), address.len() as u32), 0);
            assert_eq!(listen(self.table.userdata, fd, 5), 0);
        }
        fd
    }

    pub(crate) fn accept(&self, fd: i32) -> Result<(i32, Vec<u8>), i32> {
        let (mut room, mut len) = ([0u8; 28], 28);
        let call = self.table.accept.expect("filled in");
        // SAFETY: the room is as long as it says.
        let new = unsafe { call(self.table.userdata, fd, room.as_mut_ptr().cast(), &raw mut len) };
        if new < 0 { Err(errno()) } else { Ok((new, room[..len as usize].to_vec())) }
    }

    /// A connection that the peer opens and the host accepts.
    pub(crate) fn established(&self) -> i32 {
        let listener = self.listener(if self.host.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 });
        self.inject(syn());
        assert_eq!(self.line(), "S. 0:0(0) ack 1");
        self.sleep_ms(100);
        self.inject(ack(1));
        self.accept(listener).expect("somebody has connected").0
    }

    pub(crate) fn connect(&self, fd: i32) -> Answer {
        let address = sockaddr(self.peer, if self.peer.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 });
        let call = self.table.connect.expect("filled in");
        // SAFETY: the address is there for the time of the call.
        let status = unsafe { call(self.table.userdata, fd, address.as_ptr().cast(), address.len() as u32) };
        answer(status as i64)
    }

    pub(crate) fn write(&self, fd: i32, len: usize) -> Answer {
        self.send(fd, len, 0)
    }

    pub(crate) fn send(&self, fd: i32, len: usize, flags: i32) -> Answer {
        let data = vec![b'a'; len];
        let call = self.table.send.expect("filled in");
        // SAFETY: the data is there for the time of the call.
        answer(unsafe { call(self.table.userdata, fd, data.as_ptr().cast(), len, flags) } as i64)
    }

    /// A write from nowhere.
    pub(crate) fn write_null(&self, fd: i32) -> Answer {
        let call = self.table.write.expect("filled in");
        // SAFETY: a null pointer is what the test is about.
        answer(unsafe { call(self.table.userdata, fd, ptr::null(), 1000) } as i64)
    }

    pub(crate) fn read(&self, fd: i32, len: usize) -> Answer {
        let mut room = vec![0u8; len];
        let call = self.table.read.expect("filled in");
        // SAFETY: the room is as long as it says.
        answer(unsafe { call(self.table.userdata, fd, room.as_mut_ptr().cast(), len) } as i64)
    }

    pub(crate) fn recv(&self, fd: i32, len: usize, flags: i32) -> Answer {
        let mut room = vec![0u8; len];
        let call = self.table.recv.expect("filled in");
        // SAFETY: the room is as long as it says.
        answer(unsafe { call(self.table.userdata, fd, room.as_mut_ptr().cast(), len, flags) } as i64)
    }

    /// The first control message of the error queue: level, type and data.
    pub(crate) fn read_error_queue(&self, fd: i32) -> Result<(i32, i32, Vec<u8>), i32> {
        let mut control = [0u64; 16];
        let mut message = libc::msghdr {
            msg_name: ptr::null_mut(),
            msg_namelen: 0,
            msg_iov: ptr::null_mut(),
            msg_iovlen: 0,
            msg_control: control.as_mut_ptr().cast(),
            msg_controllen: size_of_val(&control) as _,
            msg_flags: 0,
        };
        let call = self.table.recvmsg.expect("filled in");
        // SAFETY: the message describes memory of the test.
        if unsafe { call(self.table.userdata, fd, &raw mut message, libc::MSG_ERRQUEUE) } < 0 {
            return Err(errno());
        }
        let bytes: Vec<u8> = control.iter().flat_map(|word| word.to_ne_bytes()).collect();
        let int = |at: usize| i32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        Ok((int(8), int(12), bytes[16..int(0) as usize].to_vec()))
    }

    pub(crate) fn close(&self, fd: i32) -> Answer {
        let call = self.table.close.expect("filled in");
        answer(unsafe { call(self.table.userdata, fd) } as i64)
    }

    pub(crate) fn shutdown(&self, fd: i32, how: i32) -> Answer {
        let call = self.table.shutdown.expect("filled in");
        answer(unsafe { call(self.table.userdata, fd, how) } as i64)
    }

    pub(crate) fn nonblocking(&self, fd: i32) {
        let call = self.table.fcntl.expect("filled in");
        let flags = i64::from(libc::O_RDWR | libc::O_NONBLOCK);
        assert_eq!(unsafe { call(self.table.userdata, fd, libc::F_SETFL, flags) }, 0);
    }

    pub(crate) fn set(&self, fd: i32, level: i32, name: i32, value: &[i32]) -> Answer {
        let call = self.table.setsockopt.expect("filled in");
        // SAFETY: the value is there for the time of the call.
        let len = size_of_val(value) as u32;
        answer(unsafe { call(self.table.userdata, fd, level, name, value.as_ptr().cast(), len) } as i64)
    }

    /// The option's bytes.
    pub(crate) fn get(&self, fd: i32, level: i32, name: i32) -> Vec<u8> {
        let (mut room, mut len) = ([0u8; 280], 280);
        let call = self.table.getsockopt.expect("filled in");
        // SAFETY: the room is as long as it says.
        let status = unsafe { call(self.table.userdata, fd, level, name, room.as_mut_ptr().cast(), &raw mut len) };
        assert_eq!(status, 0, "errno {}", errno());
        room[..len as usize].to_vec()
    }

    pub(crate) fn get_int(&self, fd: i32, level: i32, name: i32) -> i32 {
        word(&self.get(fd, level, name), 0) as i32
    }

    /// A field of `struct tcp_info` by its place.
    pub(crate) fn info(&self, fd: i32, at: usize) -> u32 {
        word(&self.get(fd, libc::SOL_TCP, libc::TCP_INFO), at)
    }

    pub(crate) fn ioctl(&self, fd: i32, request: u64) -> i32 {
        let (call, mut value) = (self.table.ioctl.expect("filled in"), 0);
        // SAFETY: the value is the test's.
        assert_eq!(unsafe { call(self.table.userdata, fd, request, &raw mut value) }, 0);
        value
    }

    pub(crate) fn poll(&self, fd: i32, events: i16, timeout_ms: i32) -> i16 {
        let mut one = libc::pollfd { fd, events, revents: 0 };
        let call = self.table.poll.expect("filled in");
        // SAFETY: one entry, the test's.
        unsafe { call(self.table.userdata, &raw mut one, 1, timeout_ms) };
        one.revents
    }

    /// An epoll descriptor that watches one other.
    pub(crate) fn epoll(&self, fd: i32, events: i32) -> i32 {
        let (create, control) = (self.table.epoll_create.expect("filled in"), self.table.epoll_ctl.expect("filled in"));
        let mut event = libc::epoll_event { events: events as u32, u64: fd as u64 };
        // SAFETY: the event is the test's.
        unsafe {
            let epoll = create(self.table.userdata, 1);
            assert_eq!(control(self.table.userdata, epoll, libc::EPOLL_CTL_ADD, fd, &raw mut event), 0);
            epoll
        }
    }

    /// The events of the one descriptor, without waiting; 0: none.
    pub(crate) fn epoll_wait(&self, epoll: i32) -> i32 {
        let mut event = libc::epoll_event { events: 0, u64: 0 };
        let call = self.table.epoll_wait.expect("filled in");
        // SAFETY: room for one event, the test's.
        match unsafe { call(self.table.userdata, epoll, &raw mut event, 1, 0) } {
            0 => 0,
            _ => event.events as i32,
        }
    }

    pub(crate) fn sleep_ms(&self, ms: u32) {
        let call = self.table.usleep.expect("filled in");
        unsafe { call(self.table.userdata, ms * 1000 - 20) };
    }

    /// Microseconds since 1970, or since whenever this world began.
    pub(crate) fn now(&self) -> i64 {
        let mut time = libc::timeval { tv_sec: 0, tv_usec: 0 };
        let call = self.table.gettimeofday.expect("filled in");
        // SAFETY: the time is the test's.
        unsafe { call(self.table.userdata, &raw mut time, ptr::null_mut::<c_void>()) };
        time.tv_sec * 1_000_000 + time.tv_usec
    }
}

/// `tcpi_unacked`, `tcpi_snd_ssthresh` and `tcpi_snd_cwnd` in `struct tcp_info`.
pub(crate) const UNACKED: usize = 24;
pub(crate) const SSTHRESH: usize = 76;
pub(crate) const CWND: usize = 80;
const PEER_ISN: SeqNum = SeqNum(70_000);

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_ne_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn answer(status: i64) -> Answer {
    if status < 0 { Err(errno()) } else { Ok(status) }
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// An address for a socket of this family.
pub(crate) fn sockaddr(address: SocketAddr, domain: i32) -> Vec<u8> {
    let mut bytes = (domain as u16).to_ne_bytes().to_vec();
    bytes.extend(address.port().to_be_bytes());
    match (domain, address.ip()) {
        (libc::AF_INET, IpAddr::V4(ip)) => bytes.extend(ip.octets().iter().chain(&[0; 8])),
        (_, ip) => {
            let ip = match ip {
                IpAddr::V4(ip) => ip.to_ipv6_mapped(),
                IpAddr::V6(ip) => ip,
            };
            bytes.extend([0; 4]);
            bytes.extend(ip.octets());
            bytes.extend([0; 4]);
        }
    }
    bytes
}
