//! `glassnet dig`: what does the domain name system say?

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use base::{Duration, Instant};
use lab::asker::Asker;
use services::dns::{self, Message, Progress, Query, Question, Record, Rtype};

use super::in_world::{InWorld, failed, millis, no_end};
use crate::message::{FAILED, Problem};
use crate::terminal;

#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES)]
pub(crate) struct Dig {
    /// A name, a type (A when none is given), and a server as @NODE or @ADDRESS (the host's resolver when none is given)
    #[arg(value_name = "NAME [TYPE] [@SERVER]", required = true, num_args = 1..=3)]
    words: Vec<String>,
    #[command(flatten)]
    world: InWorld,
    /// Ask over TCP from the start
    #[arg(long)]
    tcp: bool,
    /// Ask without EDNS: no more than 512 bytes pass over UDP
    #[arg(long, conflicts_with = "bufsize")]
    no_edns: bool,
    /// The largest UDP payload that is said to be taken
    #[arg(long, default_value_t = dns::UDP_PAYLOAD, value_name = "BYTES")]
    bufsize: u16,
    /// Do not ask the server to find the answer elsewhere
    #[arg(long)]
    no_recurse: bool,
}

const EXAMPLES: &str = "\
Example:
  glassnet dig www.example.com                     by the laptop's resolver
  glassnet dig example.com NS @root --no-recurse   what the root says
  glassnet dig server TXT --in my.toml --no-edns   in a world of your own";

/// What a question met, as it happened.
enum Step {
    Sent { tcp: bool, tries: usize },
    Answer { tcp: bool, bytes: usize, truncated: bool },
}

pub(crate) fn run(dig: &Dig) -> Result<ExitCode, Problem> {
    let question = dig.question()?;
    let mut asker = dig.world.enter()?;
    let Some(server) = dig.server(&mut asker)? else { return Ok(ExitCode::from(FAILED)) };
    let query = Query {
        question,
        server,
        tcp: dig.tcp,
        edns: (!dig.no_edns).then_some(dig.bufsize),
        recursion_desired: !dig.no_recurse,
        waits: WAITS.to_vec(),
    };
    let (net, steps) = (asker.net().clone(), Arc::new(Mutex::new(Vec::new())));
    let (kept, began) = (Arc::clone(&steps), asker.now());
    let asked = query.clone();
    let asking = async move {
        let keep = |progress: Progress<'_>| {
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(match progress {
                Progress::Sent { tcp, tries } => Step::Sent { tcp, tries },
                Progress::Answer { tcp, reply, bytes } => Step::Answer { tcp, bytes, truncated: reply.truncated },
            });
        };
        (asked.run(&net, keep).await, net.now())
    };
    let (answer, ended): (_, Instant) = asker.run(asking).map_err(no_end)?;
    let steps = std::mem::take(&mut *steps.lock().unwrap_or_else(PoisonError::into_inner));
    match answer {
        Ok(reply) => {
            let told = Told { query: &query, asker: &asker, reply: &reply, steps: &steps, time: ended.since(began) };
            terminal::print(&if dig.world.json { told.json(dig) } else { told.text() });
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            failed(format!("{} has no answer from {}", query.question, server.ip()), error);
            Ok(ExitCode::from(FAILED))
        }
    }
}

impl Dig {
    fn question(&self) -> Result<Question, Problem> {
        let mut words = self.words.iter().filter(|word| !word.starts_with('@'));
        let (name, kind) = (words.next(), words.next());
        let text = name.map_or("", String::as_str);
        let name = dns::name(text).filter(|_| name.is_some() && words.next().is_none()).ok_or_else(|| {
            Problem::new(
                format!("'{text}' cannot be looked up"),
                "it is no domain name",
                "write: dig NAME [TYPE] [@SERVER]",
            )
        })?;
        let kind = kind.map_or("A", String::as_str);
        let rtype: Rtype = kind.to_ascii_uppercase().parse().map_err(|_| {
            let hint = "there are A, AAAA, CNAME, MX, NS, PTR, SOA, SRV, TXT, …";
            Problem::new(format!("'{kind}' cannot be looked up"), "it is no type of record", hint)
        })?;
        Ok(Question { name, rtype })
    }

    fn server(&self, asker: &mut Asker) -> Result<Option<SocketAddr>, Problem> {
        let named = self.words.iter().find_map(|word| word.strip_prefix('@'));
        let ip = match named {
            None => asker.net().resolvers().first().copied().ok_or_else(|| {
                let hint = "name a server: @NODE or @ADDRESS";
                Problem::new("nobody can be asked", format!("{} has been told of no DNS server", asker.host()), hint)
            })?,
            Some(name) => match self.world.resolve(asker, name)? {
                Ok(ip) => ip,
                Err(why) => {
                    failed(format!("{name} cannot be asked"), why);
                    return Ok(None);
                }
            },
        };
        Ok(Some(SocketAddr::new(ip, dns::PORT)))
    }
}

/// An answer, and how it came.
struct Told<'a> {
    query: &'a Query,
    asker: &'a Asker,
    reply: &'a Message,
    steps: &'a [Step],
    time: Duration,
}

impl Told<'_> {
    fn text(&self) -> String {
        let server = super::in_world::called(self.query.server.ip(), self.asker.owner(self.query.server.ip()));
        let edns = self.query.edns.map_or("without EDNS".to_owned(), |bytes| format!("EDNS {bytes} bytes"));
        let mut text = format!("; {}, asked {server}, {edns}\n", self.query.question);
        for step in self.steps {
            text += &match step {
                Step::Sent { tries: 0, tcp } => format!("; asked over {}\n", carrier(*tcp)),
                Step::Sent { tries, tcp } => {
                    format!("; asked again over {}, {tries} tries unanswered\n", carrier(*tcp))
                }
                Step::Answer { bytes, truncated, .. } => {
                    let cut = if *truncated { ", truncated: ask over TCP" } else { "" };
                    format!("; an answer of {bytes} bytes{cut}\n")
                }
            };
        }
        let authority = if self.reply.authoritative { ", with authority" } else { "" };
        text += &format!("; {}{authority}, {}\n", self.reply.rcode, millis(self.time));
        let sections = [
            ("answer", &self.reply.answer),
            ("authority", &self.reply.authority),
            ("additional", &self.reply.additional),
        ];
        for (title, records) in sections.into_iter().filter(|(_, records)| !records.is_empty()) {
            text += &format!("\n; {title}\n");
            text.extend(records.iter().map(|record| format!("{}\n", line(record))));
        }
        if let Some(problem) = self.reply.edns.as_ref().and_then(|edns| edns.problem.as_ref()) {
            text += &format!("\n; the server says: {} (code {})\n", problem.text, problem.code);
        }
        text
    }

    fn json(&self, dig: &Dig) -> String {
        let records = |records: &[Record]| {
            let record = |record: &Record| {
                serde_json::json!({
                    "name": record.owner().to_string(),
                    "ttl": record.ttl().as_secs(),
                    "type": record.rtype().to_string(),
                    "data": record.data().to_string(),
                })
            };
            records.iter().map(record).collect::<Vec<_>>()
        };
        let answers = self.steps.iter().filter_map(|step| match step {
            Step::Answer { tcp, bytes, truncated } => {
                Some(serde_json::json!({ "transport": carrier(*tcp), "bytes": bytes, "truncated": truncated }))
            }
            Step::Sent { .. } => None,
        });
        let all = serde_json::json!({
            "world": dig.world.world,
            "from": self.asker.host(),
            "server": self.query.server.ip().to_string(),
            "name": self.query.question.name.to_string(),
            "type": self.query.question.rtype.to_string(),
            "rcode": self.reply.rcode.to_string(),
            "authoritative": self.reply.authoritative,
            "time_ns": self.time.nanos(),
            "answers": answers.collect::<Vec<_>>(),
            "answer": records(&self.reply.answer),
            "authority": records(&self.reply.authority),
            "additional": records(&self.reply.additional),
        });
        format!("{all:#}\n")
    }
}

fn line(record: &Record) -> String {
    let (name, ttl) = (format!("{}.", record.owner()), record.ttl().as_secs());
    format!("{name:<28} {ttl:>6}  {:<6} {}", record.rtype().to_string(), record.data())
}

const fn carrier(tcp: bool) -> &'static str {
    if tcp { "TCP" } else { "UDP" }
}

/// How long each try waits.
const WAITS: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4), Duration::from_secs(8)];
