//! `glassnet read`: what a capture, ours or anyone's, has to tell.

mod fields;
mod follow;
mod input;

use std::path::PathBuf;
use std::process::ExitCode;

use lab::expect::FramePredicate;
use scope::analysis::{Analyst, Lines, Summary, heading};
use scope::capture::{Captured, Damage, Decoder};
use scope::fields::{Link, Reader};
use scope::{Ladder, Style};

pub(crate) use input::read_file;

use crate::message::Problem;
use crate::terminal;
use follow::Conversation;
use input::for_each_frame;

const EXAMPLES: &str = "\
Example:
  glassnet read page.pcapng                    a summary: who, what, what went wrong
  glassnet read page.pcapng --packets          one line a packet
  glassnet read page.pcapng --follow tcp:3     what both ends said
  glassnet read page.pcapng --fields frame.number,ip.src,tcp.seq
  glassnet read page.pcapng --packets --where 'tcp.flags.syn'";

const AFTER: &str = "\
Fields have tshark's names and are printed as tshark -T fields prints them;
`glassnet read --list` shows them all.

Exit code: 0 all was read, 1 the capture is damaged or cut short (what stands
before that place is printed), 2 it could not be read.";

/// The command's arguments.
#[derive(clap::Args, Debug)]
#[command(before_help = EXAMPLES, after_help = AFTER)]
pub(crate) struct Read {
    /// The capture: pcap or pcapng; - for standard input
    #[arg(value_name = "CAPTURE", required_unless_present = "list")]
    capture: Option<PathBuf>,
    /// Print these fields of every packet, with tabs between
    #[arg(long, short = 'e', value_name = "A,B,…", value_delimiter = ',', group = "form")]
    fields: Vec<String>,
    /// Print one line a packet
    #[arg(long, group = "form")]
    packets: bool,
    /// Print what both ends of a conversation said: tcp:3, udp:0
    #[arg(long, value_name = "CONVERSATION", group = "form")]
    follow: Option<Conversation>,
    /// Print who sent what to whom, every address a column
    #[arg(long, group = "form")]
    ladder: bool,
    /// Print the summary as JSON
    #[arg(long, group = "form")]
    json: bool,
    /// List all fields with their types
    #[arg(long, group = "form")]
    list: bool,
    /// With --follow: as hexadecimal digits too
    #[arg(long, requires = "follow")]
    hex: bool,
    /// With --fields or --packets: only packets for which this holds, such as 'tcp.len > 0'
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    /// Only what this interface of the capture saw
    #[arg(long, value_name = "NAME")]
    interface: Option<String>,
}

/// Reads a capture and prints what was asked for.
pub(crate) fn run(read: &Read) -> Result<ExitCode, Problem> {
    let style = terminal::style(false);
    let Some(capture) = read.capture.as_deref().filter(|_| !read.list) else {
        terminal::print(&fields::list());
        return Ok(ExitCode::SUCCESS);
    };
    let chosen = Chosen::of(read)?;
    let end = if !read.fields.is_empty() {
        fields::print(capture, &read.fields, chosen)?
    } else if read.packets {
        packets(capture, chosen)?
    } else if let Some(conversation) = &read.follow {
        follow::print(capture, *conversation, read.hex, style)?
    } else if read.ladder {
        let recording = scope::capture::by_address(&read_file(capture)?);
        terminal::print(&Ladder::of(&recording).text(style));
        Ok(())
    } else {
        summary(capture, chosen, read.json, style)?
    };
    Ok(input::report(capture, end))
}

/// Which frames are meant.
struct Chosen {
    interface: Option<String>,
    condition: Option<FramePredicate>,
}

impl Chosen {
    fn of(read: &Read) -> Result<Chosen, Problem> {
        let condition = match read.condition.as_deref() {
            None => None,
            Some(text) => Some(
                FramePredicate::parse(text)
                    .map_err(|error| Problem::told(error.underlined(text), "this condition cannot be read".into()))?,
            ),
        };
        Ok(Chosen { interface: read.interface.clone(), condition })
    }

    /// Whether the frame is one of the interface that was named.
    fn is_here(&self, frame: &Captured<'_>) -> bool {
        self.interface.as_deref().is_none_or(|name| frame.raw.interface == Some(name))
    }

    /// Whether the condition holds of it. It is asked of every frame, in order: some of it depends on those before.
    fn holds(&mut self, frame: &Captured<'_>) -> bool {
        let Some(condition) = &mut self.condition else { return true };
        let link_type = if frame.raw.link == Link::Ip { base::LinkType::Ip } else { base::LinkType::Ethernet };
        condition.matches(link_type, frame.raw.bytes)
    }
}

fn packets(capture: &std::path::Path, mut chosen: Chosen) -> Result<Result<(), Damage>, Problem> {
    let (mut reader, mut lines, mut out) = (Reader::of_fields(&[]), Lines::new(), fields::Output::default());
    let (_, end) = for_each_frame(capture, |frame| {
        if !chosen.is_here(&frame) {
            return true;
        }
        let line = lines.line(&reader.read(frame.raw));
        if chosen.holds(&frame) {
            out.line(&line);
        }
        out.is_open()
    })?;
    Ok(end)
}

fn summary(capture: &std::path::Path, chosen: Chosen, json: bool, style: Style) -> Result<Result<(), Damage>, Problem> {
    let (mut reader, mut analyst, mut first_ns) = (Reader::new(), Analyst::new(), None);
    let (decoder, end) = for_each_frame(capture, |frame| {
        if chosen.is_here(&frame) {
            first_ns.get_or_insert(frame.raw.time_ns);
            analyst.take(&reader.read(frame.raw));
        }
        true
    })?;
    let summary = analyst.finish();
    if json {
        let text = serde_json::to_string_pretty(&summary)
            .map_err(|error| Problem::new("the summary could not be written as JSON", error, "report this as a bug"))?;
        terminal::print(&format!("{text}\n"));
    } else {
        terminal::print(&page(capture, &decoder, &summary, first_ns, style));
    }
    Ok(end)
}

fn page(
    capture: &std::path::Path,
    decoder: &Decoder,
    summary: &Summary,
    first_ns: Option<u64>,
    style: Style,
) -> String {
    let name = capture.file_name().unwrap_or(capture.as_os_str()).to_string_lossy();
    let mut page = format!("{}\n", heading(&scope::clean(&name), decoder, summary, first_ns));
    if decoder.interfaces().len() > 1 {
        page.push_str("Packets that passed several of its interfaces look repeated; --interface NAME shows one.\n");
    }
    page.push_str(&summary.text(style));
    page
}
