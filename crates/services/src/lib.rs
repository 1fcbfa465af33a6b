//! Programs for Glassnet hosts: DHCP, DNS, HTTP and TLS clients and servers.
