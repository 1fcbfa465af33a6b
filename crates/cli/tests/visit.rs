//! `glassnet visit` as a person or a script meets it: what it prints, what it writes, how it ends.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{GLASSNET, PAGE, Run, folder, glassnet, run, skipped, text};
use serde_json::Value;

#[test]
fn the_story_comes_first_then_the_waterfall_then_the_page() {
    let Run { code, out, err } = glassnet(&["visit", PAGE]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    let marks =
        ["DHCP  Discover", "4 requests in", "time_namelookup", "total ms =", "# It works", "seed 1; the same again: "];
    let places: Vec<_> =
        marks.iter().map(|mark| out.find(mark).unwrap_or_else(|| panic!("'{mark}' is missing"))).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(out.ends_with("glassnet visit https://www.example.com/ --seed 1\n"));
}

#[test]
fn the_readme_shows_what_the_command_prints() {
    let readme =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).expect("there is a README");
    let (_, rest) = readme.split_once("```text\n").expect("it shows a visit");
    let (shown, _) = rest.split_once("```").expect("the block ends");
    let out = glassnet(&["visit", PAGE]).out;
    let mut lines = out.lines();
    for line in shown.lines().filter(|line| line.trim() != "…") {
        assert!(
            lines.any(|printed| printed == line),
            "the README shows a line that is not printed, or not there:\n{line}"
        );
    }
}

#[test]
fn explain_adds_layer_addresses_and_rfc() {
    let (plain, explained) = (glassnet(&["visit", PAGE]).out, glassnet(&["visit", PAGE, "--explain"]).out);
    for words in ["link layer (OSI 2)", "RFC 9293, 3.5", "192.0.2.1:67 > ", "RFC 8446"] {
        assert!(explained.contains(words) && !plain.contains(words), "{words}");
    }
}

#[test]
fn quiet_prints_the_page_only() {
    let Run { code, out, err } = glassnet(&["visit", PAGE, "--quiet"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("[three hosts and the wires between them]\n"), "{out}");
    assert!(glassnet(&["visit", PAGE]).out.contains(&out), "the same text");
    let failed = glassnet(&["visit", "https://nosuch.example.com/", "-q"]);
    assert_eq!((failed.code, failed.out.as_str()), (Some(1), ""));
}

#[test]
fn a_failed_visit_ends_with_1_and_says_who_said_what_and_what_to_try() {
    let failed = glassnet(&["visit", "https://expired.example.com/"]);
    assert_eq!(failed.code, Some(1));
    let said = "the visit failed at tls\n   your own trust check said: the server's certificate ended on 2025-12-31 ";
    assert!(failed.err.starts_with(said), "{}", failed.err);
    assert!(failed.err.contains("\n   try: The operator of expired.example.com"), "{}", failed.err);
    assert!(failed.out.contains("The visit ends here"), "{}", failed.out);
    assert_eq!(
        failed.out.matches("what to try").count() + failed.out.matches("The operator of").count(),
        0,
        "said once"
    );
}

#[test]
fn what_cannot_run_ends_with_2_and_says_what_why_and_what_to_try() {
    for (arguments, what, why) in [
        (
            &["visit", "ftp://www.example.com/"][..],
            "the visit cannot begin",
            "only http:// and https:// can be visited",
        ),
        (&["visit", "https://", "--json"], "the visit cannot begin", "it names no host"),
        (
            &["visit", PAGE, "--pcap", "/no/such/folder/x.pcapng"],
            "cannot write /no/such/folder/x.pcapng",
            "No such file",
        ),
        (&["visit", PAGE, "--pcap-dir", "/dev/null/x"], "cannot make the folder /dev/null/x", "Not a directory"),
        (&["up", "--tap", "a/b"], "the world cannot be put on a real interface", "'a/b' cannot be the name"),
    ] {
        let Run { code, out, err } = glassnet(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}: {err}");
        let lines: Vec<&str> = err.lines().collect();
        assert_eq!(lines[0], format!("error: {what}"));
        assert!(lines[1].starts_with("   why: ") && lines[1].contains(why), "{err}");
        assert!(lines[2].starts_with("   try: ") && lines[2].len() > 12, "{err}");
    }
}

#[test]
fn a_wrong_command_line_ends_with_2_and_names_what_is_nearest() {
    for (arguments, nearest) in [
        (&["vist", PAGE][..], "visit"),
        (&["visit", PAGE, "--sed", "3"], "--seed"),
        (&["visit", PAGE, "--losss", "3%"], "--loss"),
        (&["visit", PAGE, "--loss", "2x"], "write a percentage such as 5%, or 0.05"),
        (&["visit", PAGE, "--delay", "80"], "write 80ms"),
        (&["visit", PAGE, "--rate", "10"], "write 10mbit"),
        (&["visit"], "<URL>"),
    ] {
        let Run { code, out, err } = glassnet(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.contains(nearest), "{arguments:?} should name {nearest}: {err}");
    }
}

#[test]
fn help_begins_with_an_example() {
    for arguments in [&["--help"][..], &["-h"], &["visit", "--help"], &["up", "--help"]] {
        let Run { code, out, .. } = glassnet(arguments);
        assert_eq!(code, Some(0));
        let mut lines = out.lines();
        assert!(lines.next().is_some_and(|line| line.starts_with("Example")), "{out}");
        assert!(lines.next().is_some_and(|line| line.starts_with("  glassnet ")), "{out}");
    }
    for line in glassnet(&["--help"]).out.lines().take_while(|line| !line.is_empty()) {
        assert!(line.len() <= 80, "too long for a terminal: {line}");
    }
    let nothing = glassnet(&[]);
    assert!(nothing.code == Some(2) && nothing.err.starts_with("Example"), "{nothing:?}");
}

#[test]
fn json_has_the_story_the_requests_the_page_and_the_failure() {
    let json = |url: &str| -> (Option<i32>, Value) {
        let Run { code, out, err } = glassnet(&["visit", url, "--json"]);
        assert_eq!(err, "");
        (code, serde_json::from_str(&out).expect("it is JSON"))
    };
    let (code, good) = json(PAGE);
    assert_eq!((code, &good["failure"], &good["seed"]), (Some(0), &Value::Null, &1.into()));
    assert_eq!((&good["page"]["status"], good["page"]["hash"].as_str().map(str::len)), (&200.into(), Some(64)));
    let steps = good["story"]["steps"].as_array().expect("a list");
    assert!(steps.len() > 20 && steps.iter().all(|step| step["at_ns"].is_u64() && step["what"].is_string()));
    let requests = good["requests"].as_array().expect("a list");
    assert_eq!(requests.len(), 4);
    for request in requests {
        let ns = |part: &str| request["parts"][part].as_u64().expect("whole nanoseconds");
        let total = ns("dns_ns") + ns("tcp_ns") + ns("tls_ns") + ns("transaction_ns");
        assert_eq!(request["time_total"].as_f64().map(|s| (s * 1e9).round() as u64), Some(total));
        let curl = ["time_namelookup", "time_connect", "time_appconnect", "time_starttransfer"];
        assert!(curl.iter().all(|name| request[name].is_f64()), "{request}");
    }
    let (code, bad) = json("https://down.example.com/");
    assert_eq!((code, &bad["page"]), (Some(1), &Value::Null));
    for field in ["step", "party", "said", "try"] {
        assert!(bad["failure"][field].as_str().is_some_and(|text| text.len() > 2), "{field}: {}", bad["failure"]);
    }
    let (code, missing) = json("https://www.example.com/missing");
    assert_eq!((code, &missing["page"]["status"], &missing["failure"]["step"]), (Some(1), &404.into(), &"http".into()));
}

#[test]
fn one_seed_gives_the_same_capture_in_every_process_and_another_seed_another() {
    let folder = folder("seeds");
    let capture = |name: &str, seed: &str| {
        let file = folder.join(name);
        let run = glassnet(&["visit", PAGE, "-q", "--seed", seed, "--pcap", text(&file)]);
        assert_eq!(run.code, Some(0), "{}", run.err);
        fs::read(file).expect("it was written")
    };
    let first = capture("a.pcapng", "3");
    assert!(first == capture("b.pcapng", "3"), "two runs with one seed differ");
    assert!(first != capture("c.pcapng", "4"), "two seeds give the same bytes");
    assert!(first.len() > 10_000);
}

#[test]
fn the_folder_of_captures_has_one_file_an_interface_with_the_same_bytes_in_every_process() {
    let folder = folder("pcap-dir");
    let captures = |name: &str| -> BTreeMap<String, Vec<u8>> {
        let dir = folder.join(name).join("made/on/the/way");
        let run = glassnet(&["visit", PAGE, "-q", "--loss", "5%", "--pcap-dir", text(&dir)]);
        assert_eq!(run.code, Some(0), "{}", run.err);
        let name = |path: &Path| text(path.strip_prefix(&dir).expect("inside")).to_owned();
        let files = fs::read_dir(&dir).expect("it was made").map(|entry| entry.expect("readable").path());
        files.map(|path| (name(&path), fs::read(&path).expect("readable"))).collect()
    };
    let first = captures("a");
    assert_eq!(first.len(), 28, "{:?}", first.keys());
    for name in ["laptop-eth0.pcapng", "access-core.pcapng", "web-switch-port2.pcapng"] {
        assert!(first.contains_key(name), "{name} is missing in {:?}", first.keys());
    }
    for (name, bytes) in captures("b") {
        assert!(first.get(&name) == Some(&bytes), "{name} differs between two runs with one seed");
    }
}

#[test]
fn no_escape_sequence_reaches_a_pipe() {
    for arguments in
        [&["visit", PAGE][..], &["visit", "https://closed.example.com/"], &["visit", "ftp://x/"], &["--help"]]
    {
        let Run { out, err, .. } = glassnet(arguments);
        assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{arguments:?}");
    }
}

#[test]
fn a_terminal_gets_colours_unless_they_are_not_wanted() {
    let on_terminal = |variables: &[(&str, &str)]| -> Option<String> {
        let mut script = Command::new("script");
        script
            .args(["-qec", &format!("stty cols 100 rows 50; '{GLASSNET}' visit {PAGE}"), "/dev/null"])
            .env_remove("NO_COLOR");
        script.env("TERM", "xterm").envs(variables.iter().copied());
        match script.stdin(std::process::Stdio::null()).output() {
            Ok(output) if output.status.success() => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
            _ => None,
        }
    };
    let Some(coloured) = on_terminal(&[]) else {
        return skipped("a_terminal_gets_colours_unless_they_are_not_wanted", "the command `script` does not run here");
    };
    assert!(coloured.contains("\u{1b}["), "a terminal should see colours");
    for variables in [[("NO_COLOR", "1")], [("TERM", "dumb")]] {
        assert!(on_terminal(&variables).is_some_and(|plain| !plain.contains('\u{1b}')), "{variables:?}");
    }
    let plain = on_terminal(&[("NO_COLOR", "1")]).unwrap_or_default();
    let longest = plain.lines().map(|line| line.trim_end().chars().count()).max();
    assert!(longest.is_some_and(|columns| columns <= 100), "{longest:?} columns do not fit into 100");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let Run { err, .. } = run(Command::new("sh").args(["-c", "\"$0\" visit \"$1\" | head -1", GLASSNET, PAGE]));
    assert_eq!(err, "");
}

#[test]
fn the_access_line_can_be_made_worse() {
    let total = |flags: &[&str]| -> u64 {
        let run = glassnet(&[&["visit", PAGE, "--json"], flags].concat());
        assert_eq!(run.code, Some(0), "{flags:?}: {}", run.err);
        let json: Value = serde_json::from_str(&run.out).expect("it is JSON");
        json["requests"][0]["parts"]["transaction_ns"].as_u64().expect("whole nanoseconds")
    };
    let clean = total(&[]);
    assert!(total(&["--delay", "80ms"]) > clean + 140_000_000);
    assert!(total(&["--rate", "64kbit"]) > clean + 100_000_000);
    assert!(total(&["--loss", "20%", "--seed", "2"]) >= clean);
}
