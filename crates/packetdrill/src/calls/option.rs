//! getsockopt and setsockopt.

use base::Duration;
use stack::TcpOption;

use super::socket::{Kind, Socket};
use crate::errno::{Errno, Result};
use crate::info;
use crate::machine::Machine;
use crate::sysctl;

impl Machine {
    pub(crate) fn set_option(&mut self, fd: i32, level: i32, name: i32, value: &[u8]) -> Result<()> {
        let settings = self.settings.clone();
        let (host, socket) = self.both(fd)?;
        if (level, name) == (libc::SOL_TCP, libc::TCP_CONGESTION) {
            let text = String::from_utf8_lossy(value);
            let text = text.trim_end_matches('\0');
            let control = sysctl::congestion(text).ok_or(Errno(libc::ENOENT))?;
            socket.own.congestion = Some(text.to_owned());
            return apply(host, socket, TcpOption::Congestion(control));
        }
        let number = int(value).ok_or(Errno(libc::EINVAL))?;
        let option = match (level, name) {
            (libc::SOL_TCP, libc::TCP_NODELAY) => TcpOption::Nagle(number == 0),
            (libc::SOL_TCP, libc::TCP_CORK) => TcpOption::Cork(number != 0),
            (libc::SOL_TCP, libc::TCP_QUICKACK) if number != 0 => TcpOption::QuickAck,
            (libc::SOL_TCP, libc::TCP_MAXSEG) => {
                TcpOption::MaxSegment(u16::try_from(number).map_err(|_| Errno(libc::EINVAL))?)
            }
            (libc::SOL_TCP, libc::TCP_USER_TIMEOUT) => {
                TcpOption::UserTimeout((number > 0).then(|| Duration::from_millis(number as u64)))
            }
            (libc::SOL_IP, libc::IP_TOS) | (libc::SOL_IPV6, libc::IPV6_TCLASS) => TcpOption::TrafficClass(number as u8),
            (libc::SOL_SOCKET, libc::SO_RCVBUF) => TcpOption::ReceiveBuffer(2 * number.max(0) as usize),
            (libc::SOL_SOCKET, libc::SO_KEEPALIVE)
            | (libc::SOL_TCP, libc::TCP_KEEPIDLE | libc::TCP_KEEPINTVL | libc::TCP_KEEPCNT) => {
                socket.own.values.insert((level, name), number);
                TcpOption::Keepalive(keepalive(socket, &settings))
            }
            _ => {
                set_own(socket, level, name, number, value)?;
                return Ok(());
            }
        };
        socket.own.values.insert((level, name), number);
        apply(host, socket, option)?;
        if option == TcpOption::Nagle(false) && socket.is_corked() {
            // What waits leaves at once, cork or no cork; what comes later waits again.
            apply(host, socket, TcpOption::Cork(false))?;
            self.pump();
            let (host, socket) = self.both(fd)?;
            socket.more = false;
            let corked = socket.is_corked();
            apply(host, socket, TcpOption::Cork(corked))?;
        }
        Ok(())
    }

    /// The value's bytes.
    pub(crate) fn option(&mut self, fd: i32, level: i32, name: i32) -> Result<Vec<u8>> {
        let (now, segment) = (self.clock.now(), self.segment.map(|len| len as u32));
        let (host, socket) = self.both(fd)?;
        let mut info = socket.conn().and_then(|id| host.tcp_info(id));
        if let (Some(info), Some(segment)) = (&mut info, segment) {
            info.receive_mss = info.receive_mss.min(segment);
        }
        let number = match (level, name) {
            (libc::SOL_SOCKET, libc::SO_ERROR) => socket.take_failure(host).map_or(0, |error| error.0),
            (libc::SOL_SOCKET, libc::SO_TYPE) => libc::SOCK_STREAM,
            (libc::SOL_SOCKET, libc::SO_ACCEPTCONN) => i32::from(matches!(socket.kind, Kind::Listener(_))),
            (libc::SOL_SOCKET, libc::SO_SNDBUF) => socket.send.limit() as i32,
            (libc::SOL_SOCKET, libc::SO_RCVBUF) => 2 * socket.own.values.get(&(level, name)).copied().unwrap_or(0),
            (libc::SOL_SOCKET, libc::SO_LINGER) => {
                let (on, seconds) = (i32::from(socket.own.linger.is_some()), socket.own.linger.unwrap_or(0));
                return Ok([on.to_ne_bytes(), seconds.to_ne_bytes()].concat());
            }
            (libc::SOL_SOCKET, SO_MEMINFO) => return Ok(memory(socket)),
            (libc::SOL_TCP, libc::TCP_INFO) => {
                socket.spend(now);
                return info.map(|info| info::tcp_info(&info, &socket.times, now)).ok_or(Errno(libc::EINVAL)).or_else(
                    |_| {
                        let mut bytes = vec![0; info::LEN];
                        bytes[0] = info::state(socket.state(host));
                        Ok(bytes)
                    },
                );
            }
            (libc::SOL_TCP, TCP_CC_INFO) => return Ok(Vec::new()),
            (libc::SOL_TCP, libc::TCP_CONGESTION) => {
                let control = info.map_or(host.config().congestion, |info| info.congestion);
                let name = socket.own.congestion.as_deref().unwrap_or(sysctl::congestion_name(control));
                let mut bytes = name.as_bytes().to_vec();
                bytes.resize(16, 0);
                return Ok(bytes);
            }
            (libc::SOL_TCP, libc::TCP_MAXSEG) => match (info, socket.own.values.get(&(level, name))) {
                (Some(info), _) if info.send_mss > 0 => info.send_mss as i32,
                (_, Some(mss)) => *mss,
                _ => DEFAULT_MSS,
            },
            (libc::SOL_TCP, TCP_NOTSENT_LOWAT) => socket.own.not_sent_limit.unwrap_or(0) as i32,
            (libc::SOL_IP, libc::IP_MTU) => info.ok_or(Errno(libc::ENOTCONN))?.path_mtu as i32,
            _ => socket.own.values.get(&(level, name)).copied().unwrap_or(0),
        };
        Ok(number.to_ne_bytes().to_vec())
    }
}

/// Tells the stack now, and remembers it for the connections to come.
fn apply(host: &mut stack::Host, socket: &mut Socket, option: TcpOption) -> Result<()> {
    match socket.kind {
        Kind::Fresh => {}
        Kind::Listener(id) => host.tcp_set_listener(id, option),
        Kind::Stream(id, _) => host.tcp_set(id, option),
    }
    socket.options.push(option);
    Ok(())
}

/// What the stack need not know.
fn set_own(socket: &mut Socket, level: i32, name: i32, number: i32, value: &[u8]) -> Result<()> {
    match (level, name) {
        (libc::SOL_SOCKET, libc::SO_SNDBUF) => socket.send.set_limit(number.max(0) as usize),
        (libc::SOL_SOCKET, libc::SO_LINGER) => {
            let seconds = value.get(4..8).and_then(int).ok_or(Errno(libc::EINVAL))?;
            socket.own.linger = (number != 0).then_some(seconds as u32);
        }
        (libc::SOL_SOCKET, SO_ZEROCOPY) => socket.own.zerocopy = number != 0,
        (libc::SOL_SOCKET, libc::SO_TIMESTAMPING) => {
            let written = socket.send.written();
            socket.notices.set_flags(number as u32, written);
        }
        (libc::SOL_TCP, TCP_INQ) => socket.own.inq = number != 0,
        (libc::SOL_TCP, TCP_NOTSENT_LOWAT) => socket.own.not_sent_limit = Some(number as u32),
        (libc::SOL_TCP, TCP_MD5SIG | TCP_FASTOPEN | TCP_FASTOPEN_CONNECT) => {
            return Err(Errno(libc::ENOPROTOOPT));
        }
        _ => {}
    }
    socket.own.values.insert((level, name), number);
    Ok(())
}

fn keepalive(socket: &Socket, settings: &sysctl::Sysctls) -> Option<stack::Keepalive> {
    let value = |level, name| socket.own.values.get(&(level, name)).copied().filter(|value| *value > 0);
    value(libc::SOL_SOCKET, libc::SO_KEEPALIVE)?;
    let mut keepalive = sysctl::keepalive(settings);
    let seconds = |name, usual| value(libc::SOL_TCP, name).map_or(usual, |s| Duration::from_secs(s as u64));
    keepalive.idle = seconds(libc::TCP_KEEPIDLE, keepalive.idle);
    keepalive.interval = seconds(libc::TCP_KEEPINTVL, keepalive.interval);
    keepalive.probes = value(libc::SOL_TCP, libc::TCP_KEEPCNT).map_or(keepalive.probes, |probes| probes as u32);
    Some(keepalive)
}

/// `SO_MEMINFO`: nine numbers, of which the send buffer's are known.
fn memory(socket: &Socket) -> Vec<u8> {
    let numbers = [0, 0, 0, socket.send.limit() as u32, 0, socket.send.memory() as u32, 0, 0, 0];
    numbers.iter().flat_map(|number| number.to_ne_bytes()).collect()
}

fn int(bytes: &[u8]) -> Option<i32> {
    match bytes {
        [one] => Some(i32::from(*one)),
        _ => bytes.get(..4)?.try_into().ok().map(i32::from_ne_bytes),
    }
}

const SO_ZEROCOPY: i32 = 60;
const SO_MEMINFO: i32 = 55;
const TCP_MD5SIG: i32 = 14;
const TCP_FASTOPEN: i32 = 23;
const TCP_NOTSENT_LOWAT: i32 = 25;
const TCP_CC_INFO: i32 = 26;
const TCP_FASTOPEN_CONNECT: i32 = 30;
const TCP_INQ: i32 = 36;
/// RFC 9293, section 3.7.1.
const DEFAULT_MSS: i32 = 536;
