//! `glassnet up`: Linux in a namespace of its own is a host of the world. The test makes the namespace and removes it; nothing
//! of this machine's own network is touched.

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Instant;

use common::{GLASSNET, Run, folder, glassnet, run, skipped, text};
use sha2::{Digest, Sha256};

#[test]
fn linux_gets_a_lease_pings_the_router_and_fetches_pages_by_https() {
    let name = "linux_gets_a_lease_pings_the_router_and_fetches_pages_by_https";
    let namespace = match Namespace::new(name) {
        Ok(namespace) => namespace,
        Err(why) => return skipped(name, &why),
    };
    let folder = folder("up");
    let (trust, pcap) = (folder.join("ca.pem"), folder.join("tap.pcapng"));
    let mut world = World::up(&namespace.tap, &trust, &pcap);
    namespace.take(&namespace.tap);

    let lease = namespace.run(&[
        "udhcpc",
        "-i",
        &namespace.tap,
        "-n",
        "-q",
        "-f",
        "-t",
        "5",
        "-T",
        "1",
        "-s",
        text(&lease_script(&folder)),
    ]);
    assert_eq!(lease.code, Some(0), "udhcpc: {lease:?}");
    assert!(lease.out.contains("leased 192.0.2.1"), "{lease:?}");

    let ping = namespace.run(&["ping", "-c", "3", "-i", "0.2", "-W", "2", "192.0.2.1"]);
    assert!(ping.out.contains("3 received, 0% packet loss"), "{ping:?}");

    let page = namespace.curl(&trust, "https://www.example.com/");
    assert!(page.code == Some(0) && page.out.contains("<h1>It works</h1>"), "{page:?}");
    let moved = namespace.curl(&trust, "http://www.example.com/");
    assert!(moved.out.contains("<h1>It works</h1>"), "the redirect is followed: {moved:?}");
    let expired = namespace.curl(&trust, "https://expired.example.com/");
    assert!(expired.code == Some(60) && expired.err.contains("expired"), "{expired:?}");

    let closed = namespace.curl(&trust, "https://closed.example.com/");
    assert!(closed.code == Some(7) && closed.err.to_lowercase().contains("connect"), "{closed:?}");

    let (hash, seconds) = namespace.download(&trust, "https://www.example.com/50MB.bin");
    assert_eq!(hash, sha256(&services::http::pattern(0, FIFTY_MB)), "the bytes are not those that were sent");
    println!("50 MB by HTTPS over TAP: {seconds:.2} s, {:.0} Mbit/s", FIFTY_MB as f64 * 8e-6 / seconds);

    let said = world.end_by("-INT");
    assert!(said.contains("frames came in by it"), "{said}");
    assert!(
        !Path::new("/sys/class/net").join(&namespace.tap).exists() && !namespace.has(&namespace.tap),
        "the TAP stays"
    );
    assert!(fs::metadata(&pcap).is_ok_and(|file| file.len() > FIFTY_MB as u64), "the capture is missing");
}

#[test]
fn without_the_right_the_error_names_the_capability() {
    let name = "without_the_right_the_error_names_the_capability";
    if !Path::new("/dev/net/tun").exists() {
        return skipped(name, "there is no /dev/net/tun");
    }
    let up = ["up", "--tap", "gnobody0", "--for", "1s"];
    let refused = if run(Command::new("id").arg("-u")).out.trim() != "0" {
        glassnet(&up)
    } else {
        // Nobody runs a copy, for that user may not enter the build's folder.
        let copy = Removed(std::env::temp_dir().join(format!("glassnet-{}", std::process::id())));
        fs::copy(GLASSNET, &copy.0).expect("the folder for temporary files can be written");
        fs::set_permissions(&copy.0, fs::Permissions::from_mode(0o755)).expect("it is ours");
        let nobody =
            ["--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"];
        match Command::new("setpriv").args(nobody).arg(&copy.0).args(up).current_dir("/").output() {
            Ok(output) => Run::from(output),
            Err(why) => return skipped(name, &format!("the command `setpriv` does not run: {why}")),
        }
    };
    if refused.err.starts_with("setpriv:") {
        return skipped(name, &format!("root may not become nobody here: {}", refused.err.trim()));
    }
    assert_eq!((refused.code, refused.out.as_str()), (Some(2), ""), "{refused:?}");
    let lines: Vec<&str> = refused.err.lines().collect();
    assert_eq!(lines[0], "error: the world cannot be put on a real interface");
    assert_eq!(lines[1], "   why: making the TAP interface gnobody0 needs the capability CAP_NET_ADMIN");
    assert!(lines[2].starts_with("   try: run it as root (sudo)"), "{refused:?}");
}

/// A running `glassnet up`.
struct World {
    process: Child,
    said: BufReader<ChildStderr>,
}

impl World {
    /// Starts it, and waits until its interface is there.
    fn up(tap: &str, trust: &Path, pcap: &Path) -> World {
        let arguments = ["up", "--tap", tap, "--trust", text(trust), "--pcap", text(pcap), "--for", "120s"];
        let mut process = (Command::new(GLASSNET).args(arguments))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut said = BufReader::new(process.stderr.take().expect("it is piped"));
        let mut line = String::new();
        said.read_line(&mut line).expect("it says that it is ready, or why not");
        let mut world = World { process, said };
        if !line.contains("is now port2 of home-switch") {
            let rest = world.end_by("-KILL");
            panic!("{line}{rest}");
        }
        world
    }

    /// Ends it, and gives what it said.
    fn end_by(&mut self, signal: &str) -> String {
        run(Command::new("kill").args([signal, &self.process.id().to_string()]));
        let mut said = String::new();
        let _ = self.said.read_to_string(&mut said);
        let status = self.process.wait().expect("it can be waited for");
        assert!(signal == "-KILL" || status.success(), "it should end with 0: {status}, {said}");
        said
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A network namespace of this test alone, removed with all that is in it.
struct Namespace {
    name: String,
    tap: String,
}

impl Namespace {
    fn new(test: &str) -> Result<Namespace, String> {
        for tool in ["ip", "udhcpc", "ping", "curl"] {
            if run(Command::new("sh").args(["-c", &format!("command -v {tool}")])).code != Some(0) {
                return Err(format!("the command `{tool}` is not installed"));
            }
        }
        if !Path::new("/dev/net/tun").exists() {
            return Err("there is no /dev/net/tun".into());
        }
        let number = std::process::id();
        let (name, tap) = (format!("glassnet-{number}"), format!("gn{number}"));
        let made = run(Command::new("ip").args(["netns", "add", &name]));
        if made.code != Some(0) {
            return Err(format!("it needs root: {}", made.err.trim()));
        }
        let namespace = Namespace { name, tap };
        // `ip netns exec` shows this folder as /etc.
        let etc = Path::new("/etc/netns").join(&namespace.name);
        fs::create_dir_all(&etc).unwrap_or_else(|error| panic!("{test}: {}: {error}", etc.display()));
        fs::write(etc.join("resolv.conf"), "").expect("it was just made");
        namespace.ip(&["link", "set", "lo", "up"]);
        Ok(namespace)
    }

    fn take(&self, interface: &str) {
        assert_eq!(run(Command::new("ip").args(["link", "set", interface, "netns", &self.name])).code, Some(0));
        self.ip(&["link", "set", interface, "up"]);
    }

    fn has(&self, interface: &str) -> bool {
        run(Command::new("ip").args(["-n", &self.name, "link", "show", interface])).code == Some(0)
    }

    fn ip(&self, arguments: &[&str]) {
        let done = run(Command::new("ip").args(["-n", &self.name]).args(arguments));
        assert_eq!(done.code, Some(0), "ip {arguments:?}: {}", done.err);
    }

    /// A command inside, which is ended after a while.
    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("timeout");
        command.args(["-k", "5", "60", "ip", "netns", "exec", &self.name]).args(words);
        command
    }

    fn run(&self, words: &[&str]) -> Run {
        run(&mut self.command(words))
    }

    fn curl(&self, trust: &Path, url: &str) -> Run {
        self.run(&["curl", "-sS", "-L", "--max-time", "20", "--cacert", text(trust), url])
    }

    /// The hash of a file that is fetched, and how long that took.
    fn download(&self, trust: &Path, url: &str) -> (String, f64) {
        let began = Instant::now();
        let mut curl = self.command(&["curl", "-sS", "--fail", "--max-time", "50", "--cacert", text(trust), url]);
        let mut curl = curl.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("curl runs");
        let mut stream = curl.stdout.take().expect("it is piped");
        let (mut hash, mut block) = (Sha256::new(), vec![0; 1 << 16]);
        loop {
            match stream.read(&mut block).expect("a pipe can be read") {
                0 => break,
                n => hash.update(&block[..n]),
            }
        }
        assert!(curl.wait().expect("it can be waited for").success(), "curl failed after {:?}", began.elapsed());
        (hex(&hash.finalize()), began.elapsed().as_secs_f64())
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        run(Command::new("ip").args(["link", "del", &self.tap]));
        run(Command::new("ip").args(["netns", "del", &self.name]));
        let _ = fs::remove_dir_all(Path::new("/etc/netns").join(&self.name));
        // Only when no other namespace has files there.
        let _ = fs::remove_dir("/etc/netns");
    }
}

/// A file that goes away.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// What udhcpc calls with its lease in the environment: it sets address, route and resolver.
fn lease_script(folder: &Path) -> PathBuf {
    let script = folder.join("lease.sh");
    let text = r#"#!/bin/sh
set -e
case "$1" in
  bound|renew)
    echo "leased $ip, mask $subnet, router $router, dns $dns, for $lease s"
    ip addr replace "$ip/$mask" dev "$interface"
    ip route replace default via "$router"
    for server in $dns; do echo "nameserver $server"; done > /etc/resolv.conf
    ;;
esac
"#;
    fs::write(&script, text).expect("the folder can be written");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it is ours");
    script
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

const FIFTY_MB: usize = 50_000_000;
