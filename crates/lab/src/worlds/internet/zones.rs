//! The zone files of the embedded world: edit one, and the story changes.

/// The root: it knows who serves the top-level domains.
pub const ROOT: &str = "\
.                       86400 IN SOA  a.root-servers.example. hostmaster.example. 2026010100 1800 900 604800 86400
.                      518400 IN NS   a.root-servers.example.
a.root-servers.example. 518400 IN A   198.51.100.70
com.                   172800 IN NS   a.tld-servers.example.
net.                   172800 IN NS   a.tld-servers.example.
a.tld-servers.example. 172800 IN A    203.0.113.20
";

/// The top-level domain com: it knows who serves example.com.
pub const COM: &str = "\
com.                      900 IN SOA  a.tld-servers.example. hostmaster.example. 2026010100 1800 900 604800 900
com.                   172800 IN NS   a.tld-servers.example.
example.com.           172800 IN NS   ns.example.com.
ns.example.com.        172800 IN A    203.0.113.40
";

/// The top-level domain net: it knows who serves example.net.
pub const NET: &str = "\
net.                      900 IN SOA  a.tld-servers.example. hostmaster.example. 2026010100 1800 900 604800 900
net.                   172800 IN NS   a.tld-servers.example.
example.net.           172800 IN NS   ns.example.net.
ns.example.net.        172800 IN A    203.0.113.40
";

/// The sites, the good one first, then those whose failure is explained.
pub const EXAMPLE_COM: &str = "\
@           3600 IN SOA   ns hostmaster 2026010100 7200 3600 1209600 300
@           3600 IN NS    ns
ns          3600 IN A     203.0.113.40
@            300 IN A     203.0.113.80
www          300 IN CNAME example.com.
busy         300 IN A     203.0.113.80
; Nothing listens on the web's ports of a name server.
closed       300 IN A     203.0.113.40
; This machine is switched off.
down         300 IN A     203.0.113.82
expired      300 IN A     203.0.113.81
wrong-name   300 IN A     203.0.113.81
unknown-ca   300 IN A     203.0.113.81
";

/// The other name, from which the page takes its script.
pub const EXAMPLE_NET: &str = "\
@           3600 IN SOA   ns hostmaster 2026010100 7200 3600 1209600 300
@           3600 IN NS    ns
ns          3600 IN A     203.0.113.40
static       300 IN A     203.0.113.81
";
