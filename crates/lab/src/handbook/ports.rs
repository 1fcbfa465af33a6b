//! Port numbers: who listens where, over which transport, and what is worth knowing about it.

use serde::Serialize;

use crate::file::words::nearest;

/// Over what a service is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Over {
    /// TCP alone.
    Tcp,
    /// UDP alone.
    Udp,
    /// Both.
    Both,
}

impl Over {
    /// As a column of a table.
    pub const fn words(self) -> &'static str {
        match self {
            Over::Tcp => "TCP",
            Over::Udp => "UDP",
            Over::Both => "TCP, UDP",
        }
    }
}

/// A port that is known by its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// What is spoken there.
    pub name: &'static str,
    /// Over what.
    pub over: Over,
    /// What for.
    pub purpose: &'static str,
    /// What else is worth knowing; may be empty.
    pub remark: &'static str,
}

/// A range of port numbers (RFC 6335, section 6).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Range {
    /// First number.
    pub first: u16,
    /// Last number.
    pub last: u16,
    /// What it is called.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
}

/// There are so many: a port is 16 bits in the headers of TCP and UDP, for each of the two by itself.
pub const COUNT: u32 = 1 << 16;

/// The three ranges.
pub const RANGES: [Range; 3] = [
    Range {
        first: 0,
        last: 1023,
        name: "system",
        purpose: "assigned by IANA after review; to listen there needs rights on Unix",
    },
    Range { first: 1024, last: 49_151, name: "user", purpose: "assigned by IANA on request (\"registered\")" },
    Range {
        first: 49_152,
        last: 65_535,
        name: "dynamic",
        purpose: "never assigned: what a client's system picks for itself",
    },
];

/// The range of a number.
pub fn range(number: u16) -> &'static Range {
    RANGES.iter().find(|range| number <= range.last).unwrap_or(&RANGES[2])
}

/// The ports that a question means: a number, or words of a name or purpose.
pub fn find(question: &str) -> Vec<&'static Port> {
    if let Ok(number) = question.parse::<u16>() {
        return PORTS.iter().filter(|port| port.number == number).collect();
    }
    let wanted = question.to_lowercase();
    let exact: Vec<&Port> = PORTS.iter().filter(|port| named(port).any(|name| name == wanted)).collect();
    if !exact.is_empty() {
        return exact;
    }
    let holds =
        |port: &&Port| [port.name, port.purpose, port.remark].iter().any(|text| text.to_lowercase().contains(&wanted));
    PORTS.iter().filter(holds).collect()
}

/// The known name that is nearest to what was asked.
pub fn suggestion(question: &str) -> Option<&'static str> {
    nearest(question, PORTS.iter().map(|port| port.name))
}

/// A port's names, one by one.
fn named(port: &Port) -> impl Iterator<Item = String> {
    port.name.split([' ', ',', '/', '(', ')']).filter(|name| !name.is_empty()).map(str::to_lowercase)
}

const fn port(number: u16, name: &'static str, over: Over, purpose: &'static str, remark: &'static str) -> Port {
    Port { number, name, over, purpose, remark }
}

use Over::{Both, Tcp, Udp};

/// The ports that everybody meets, by number.
#[rustfmt::skip]
pub const PORTS: &[Port] = &[
    port(7, "echo", Both, "sends back what it gets", "RFC 862"),
    port(9, "discard", Both, "throws away what it gets", "RFC 863; Wake-on-LAN frames are often sent here"),
    port(13, "daytime", Both, "the time as text", "RFC 867"),
    port(19, "chargen", Both, "sends characters without end", "RFC 864; abused to amplify attacks"),
    port(20, "ftp-data", Tcp, "FTP's data connection", "in active mode only: the server connects from 20; passive mode uses a port that the server names"),
    port(21, "ftp", Tcp, "file transfer: commands", "in clear; data goes over a connection of its own"),
    port(22, "ssh", Tcp, "remote shell; SFTP and SCP run inside it", "SFTP is no FTP: one encrypted connection on this port"),
    port(23, "telnet", Tcp, "remote terminal", "in clear: ssh has taken its place"),
    port(25, "smtp", Tcp, "mail from server to server", "programs hand in mail on 587 or 465"),
    port(37, "time", Both, "the time as a number", "RFC 868; NTP has taken its place"),
    port(43, "whois", Tcp, "who has a name or an address", ""),
    port(53, "dns", Both, "names to addresses", "UDP first; TCP when the answer is truncated, and for zone transfers (RFC 7766)"),
    port(67, "dhcp (server), bootps", Udp, "addresses for hosts: the server's port", "also where relays listen"),
    port(68, "dhcp (client), bootpc", Udp, "addresses for hosts: the client's port", "fixed, since a client without an address is answered by broadcast"),
    port(69, "tftp", Udp, "trivial file transfer", "data comes from another port of the server"),
    port(70, "gopher", Tcp, "menus and texts", "RFC 1436"),
    port(79, "finger", Tcp, "who is logged in", "RFC 1288"),
    port(80, "http", Tcp, "the web, in clear", ""),
    port(88, "kerberos", Both, "tickets for logging in", ""),
    port(110, "pop3", Tcp, "fetch mail", "995 with TLS"),
    port(111, "sunrpc, portmapper", Both, "which port an RPC program has", ""),
    port(113, "ident", Tcp, "who owns a connection", ""),
    port(119, "nntp", Tcp, "news", "563 with TLS"),
    port(123, "ntp", Udp, "the time, exactly", "both ends may use 123"),
    port(135, "msrpc", Tcp, "Microsoft's RPC endpoint mapper", ""),
    port(137, "netbios-ns", Udp, "NetBIOS names", ""),
    port(139, "netbios-ssn", Tcp, "NetBIOS sessions", "SMB before 445"),
    port(143, "imap", Tcp, "read mail that stays on the server", "993 with TLS"),
    port(161, "snmp", Udp, "ask devices how they are", "traps go to 162"),
    port(162, "snmptrap", Udp, "devices say by themselves how they are", ""),
    port(179, "bgp", Tcp, "routes between networks", ""),
    port(194, "irc", Tcp, "chat", "in practice 6667, with TLS 6697"),
    port(389, "ldap", Both, "directories", "636 with TLS"),
    port(443, "https", Both, "the web inside TLS", "TCP for HTTP/1.1 and HTTP/2; UDP for HTTP/3 (QUIC)"),
    port(445, "smb", Tcp, "Windows file shares", ""),
    port(465, "submissions", Tcp, "programs hand in mail, TLS from the start", "RFC 8314"),
    port(500, "isakmp, ike", Udp, "keys for IPsec", "4500 behind NAT"),
    port(514, "syslog", Udp, "log messages", "the TCP port 514 is rsh's"),
    port(515, "lpd, printer", Tcp, "printing", ""),
    port(520, "rip", Udp, "routes by distance", "RIPng: 521"),
    port(521, "ripng", Udp, "routes by distance, IPv6", ""),
    port(546, "dhcpv6 (client)", Udp, "addresses for IPv6 hosts: the client's port", ""),
    port(547, "dhcpv6 (server)", Udp, "addresses for IPv6 hosts: the server's port", ""),
    port(554, "rtsp", Both, "remote control of media streams", ""),
    port(563, "nntps", Tcp, "news inside TLS", ""),
    port(587, "submission", Tcp, "programs hand in mail", "STARTTLS"),
    port(631, "ipp", Both, "printing", ""),
    port(636, "ldaps", Tcp, "directories inside TLS", ""),
    port(853, "dns over tls, dot, doq", Both, "DNS encrypted", "TCP: TLS (RFC 7858); UDP: QUIC (RFC 9250)"),
    port(873, "rsync", Tcp, "copies of directories", ""),
    port(989, "ftps-data", Tcp, "FTP's data inside TLS", ""),
    port(990, "ftps", Tcp, "FTP's commands inside TLS", ""),
    port(993, "imaps", Tcp, "read mail, inside TLS", ""),
    port(995, "pop3s", Tcp, "fetch mail, inside TLS", ""),
    port(1080, "socks", Tcp, "a proxy for connections", ""),
    port(1194, "openvpn", Both, "a tunnel", "mostly UDP"),
    port(1433, "mssql", Tcp, "Microsoft SQL Server", ""),
    port(1521, "oracle", Tcp, "Oracle's database", ""),
    port(1701, "l2tp", Udp, "a tunnel", ""),
    port(1723, "pptp", Tcp, "a tunnel's control connection", "the data is GRE, which has no ports"),
    port(1812, "radius", Udp, "who may log in", "accounting on 1813"),
    port(1883, "mqtt", Tcp, "messages of small devices", "8883 with TLS"),
    port(1900, "ssdp", Udp, "who offers UPnP in this network", "multicast 239.255.255.250"),
    port(2049, "nfs", Both, "files of another host", "NFSv4: TCP alone"),
    port(3128, "squid", Tcp, "a web proxy", ""),
    port(3306, "mysql", Tcp, "MySQL and MariaDB", ""),
    port(3389, "rdp", Both, "Windows' remote desktop", ""),
    port(3478, "stun, turn", Both, "what address a NAT shows", ""),
    port(4500, "ipsec nat-t", Udp, "IPsec inside UDP", "RFC 3948"),
    port(4789, "vxlan", Udp, "Ethernet inside UDP", ""),
    port(5001, "iperf", Both, "measuring throughput", "Glassnet's sink listens here; iperf3 uses 5201"),
    port(5060, "sip", Both, "calls: signalling", "5061 with TLS"),
    port(5201, "iperf3", Both, "measuring throughput", ""),
    port(5222, "xmpp", Tcp, "chat: client to server", "server to server 5269"),
    port(5353, "mdns", Udp, "names without a server", "multicast 224.0.0.251, ff02::fb"),
    port(5355, "llmnr", Both, "names without a server, Windows", ""),
    port(5432, "postgresql", Tcp, "PostgreSQL", ""),
    port(5683, "coap", Both, "HTTP for small devices", ""),
    port(5900, "vnc", Tcp, "remote desktop", ""),
    port(6379, "redis", Tcp, "Redis", ""),
    port(6667, "irc", Tcp, "chat, as it is used in practice", "6697 with TLS"),
    port(6697, "ircs", Tcp, "chat inside TLS", ""),
    port(8080, "http-alt", Tcp, "the web on another port", "what programs use without rights for 80"),
    port(8443, "https-alt", Tcp, "the web inside TLS on another port", ""),
    port(8883, "mqtts", Tcp, "messages of small devices inside TLS", ""),
    port(9418, "git", Tcp, "Git's own protocol", ""),
    port(27_017, "mongodb", Tcp, "MongoDB", ""),
    port(33_434, "traceroute", Udp, "where traceroute's probes begin", "nobody listens: the \"port unreachable\" is the answer"),
    port(51_820, "wireguard", Udp, "a tunnel", "by custom; in the dynamic range"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_the_order_of_numbers() {
        assert!(PORTS.windows(2).all(|pair| pair[0].number < pair[1].number));
    }

    #[test]
    fn ports_are_found_by_number_by_name_and_by_what_they_are_for() {
        let numbers = |question: &str| -> Vec<u16> { find(question).iter().map(|port| port.number).collect() };
        assert_eq!(numbers("443"), [443]);
        assert_eq!(numbers("https"), [443]);
        assert_eq!(numbers("DNS"), [53, 853]);
        assert_eq!(numbers("dhcp"), [67, 68]);
        assert_eq!(numbers("tickets"), [88]);
        assert!(numbers("sftp").contains(&22));
        assert!(numbers("nonsense").is_empty() && suggestion("htpps") == Some("https"));
    }

    #[test]
    fn the_ranges_cover_all_65536() {
        let all: u32 = RANGES.iter().map(|range| u32::from(range.last) - u32::from(range.first) + 1).sum();
        assert_eq!(all, COUNT);
        assert_eq!((range(1023).name, range(1024).name, range(49_152).name), ("system", "user", "dynamic"));
    }

    #[test]
    fn what_everybody_gets_wrong_is_right_here() {
        let over = |number: u16| find(&number.to_string())[0].over;
        assert_eq!((over(53), over(67), over(25), over(161), over(443)), (Both, Udp, Tcp, Udp, Both));
        assert!(find("20")[0].remark.contains("active mode only"));
    }
}
