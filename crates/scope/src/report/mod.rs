//! The report: a run on one page of HTML that needs nothing else, no script and no other file.
//!
//! A caller takes what a recording gives by [`crate::album::Album::report`], adds what only it knows (title, explanation,
//! verdicts, the command that repeats the run, names of files) and writes [`html`].

mod markdown;
mod tables;

use std::fmt::Write as _;

use crate::render::svg::escape;
use crate::words::clean;
pub(crate) use tables::{drops, interfaces};

/// The parts of a report. What is empty is left out. All text is escaped; pictures stand as they are and must come from
/// this crate.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Report {
    /// One line.
    pub title: String,
    /// What to see and why, in Markdown: paragraphs, headings, lists, emphasis, code, links.
    pub explanation: String,
    /// The command that repeats the run.
    pub command: String,
    /// What was expected, and whether it came about.
    pub verdicts: Vec<Verdict>,
    /// Sentences to read before all pictures: that the recording was full, that the run did not end.
    pub notes: Vec<String>,
    /// SVGs with what they show, in order.
    pub pictures: Vec<(String, String)>,
    /// Where packets ended.
    pub drops: Vec<Dropped>,
    /// What passed each interface.
    pub interfaces: Vec<Counters>,
    /// Files that the run left, by their path beside the report.
    pub files: Vec<String>,
}

/// An expectation and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// What should hold.
    pub that: String,
    /// Why it should.
    pub why: Option<String>,
    /// What was found in its place; `None`: it holds.
    pub shortfall: Option<String>,
}

/// Packets that ended at a node for one reason.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dropped {
    /// Where.
    pub node: String,
    /// Why.
    pub reason: &'static str,
    /// How many.
    pub packets: u64,
}

/// What passed an interface.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Counters {
    /// `client.eth0`.
    pub interface: String,
    /// Frames that left, and their bytes.
    pub sent: (u64, u64),
    /// Frames that came, and their bytes.
    pub received: (u64, u64),
    /// Most frames that waited; `None` when queues were not recorded.
    pub longest_queue: Option<u32>,
}

/// The page.
pub fn html(report: &Report) -> String {
    let mut page = String::new();
    let title = text(&report.title);
    let _ = write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    );
    for note in &report.notes {
        let _ = writeln!(page, "<p class=\"note\">{}</p>", text(note));
    }
    verdicts(&mut page, &report.verdicts);
    if !report.explanation.trim().is_empty() {
        let _ = writeln!(page, "<section class=\"explanation\">\n{}</section>", markdown::html(&report.explanation));
    }
    for (heading, picture) in &report.pictures {
        section(&mut page, heading);
        let _ = writeln!(page, "<figure tabindex=\"0\">{picture}</figure>\n</section>");
    }
    drop_table(&mut page, &report.drops);
    interface_table(&mut page, &report.interfaces);
    files(&mut page, &report.files);
    if !report.command.is_empty() {
        section(&mut page, "Again");
        let _ = writeln!(page, "<pre><code>{}</code></pre>\n</section>", text(&report.command));
    }
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn section(page: &mut String, heading: &str) {
    let _ = writeln!(page, "<section>\n<h2>{}</h2>", text(heading));
}

fn verdicts(page: &mut String, verdicts: &[Verdict]) {
    if verdicts.is_empty() {
        return;
    }
    let held = verdicts.iter().filter(|verdict| verdict.shortfall.is_none()).count();
    section(page, &format!("{held} of {} expectations hold", verdicts.len()));
    page.push_str("<ul class=\"verdicts\">\n");
    for verdict in verdicts {
        let (class, sign) = if verdict.shortfall.is_none() { ("held", "✓ holds") } else { ("failed", "✗ fails") };
        let _ = write!(page, "<li class=\"{class}\"><span class=\"sign\">{sign}</span> ");
        let _ = write!(page, "<code>{}</code>", text(&verdict.that));
        if let Some(why) = &verdict.why {
            let _ = write!(page, "<br><span class=\"why\">{}</span>", text(why));
        }
        if let Some(shortfall) = &verdict.shortfall {
            let _ = write!(page, "<pre>{}</pre>", lines(shortfall));
        }
        page.push_str("</li>\n");
    }
    page.push_str("</ul>\n</section>\n");
}

fn drop_table(page: &mut String, drops: &[Dropped]) {
    let rows = drops.iter().map(|drop| vec![text(&drop.node), text(drop.reason), drop.packets.to_string()]);
    table(page, "Where packets ended", &["node", "reason", "packets"], 2, rows.collect());
}

fn interface_table(page: &mut String, interfaces: &[Counters]) {
    let heading = ["interface", "frames sent", "bytes sent", "frames received", "bytes received", "longest queue"];
    let rows = interfaces.iter().map(|counters| {
        let (sent, received) = (counters.sent, counters.received);
        let queue = counters.longest_queue.map_or_else(|| "–".to_owned(), |frames| frames.to_string());
        let numbers = [sent.0, sent.1, received.0, received.1].map(|number| number.to_string());
        [text(&counters.interface)].into_iter().chain(numbers).chain([queue]).collect()
    });
    table(page, "Interfaces", &heading, 1, rows.collect());
}

/// A table; the first `words` columns hold words, the others numbers. Cells are escaped already.
fn table(page: &mut String, title: &str, heading: &[&str], words: usize, rows: Vec<Vec<String>>) {
    if rows.is_empty() {
        return;
    }
    section(page, title);
    let class = |column: usize| if column < words { "" } else { " class=\"number\"" };
    page.push_str("<table>\n<thead><tr>");
    for (n, name) in heading.iter().enumerate() {
        let _ = write!(page, "<th{}>{}</th>", class(n), text(name));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in rows.iter().take(MAX_ROWS) {
        page.push_str("<tr>");
        for (n, cell) in row.iter().enumerate() {
            let _ = write!(page, "<td{}>{cell}</td>", class(n));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table>\n");
    if rows.len() > MAX_ROWS {
        let _ = writeln!(page, "<p class=\"why\">{} more rows are left out.</p>", rows.len() - MAX_ROWS);
    }
    page.push_str("</section>\n");
}

fn files(page: &mut String, files: &[String]) {
    if files.is_empty() {
        return;
    }
    section(page, "Files");
    page.push_str("<ul class=\"files\">\n");
    for file in files.iter().take(MAX_ROWS) {
        let _ = writeln!(page, "<li><a href=\"./{}\">{}</a></li>", escape(&path(file)), text(file));
    }
    if files.len() > MAX_ROWS {
        let _ = writeln!(page, "<li>and {} more</li>", files.len() - MAX_ROWS);
    }
    page.push_str("</ul>\n</section>\n");
}

/// A relative path as an address: what means something in an address is written as `%XX`.
fn path(file: &str) -> String {
    let mut out = String::new();
    for byte in file.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b'~' => out.push(char::from(byte)),
            byte => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// One line of text from anywhere.
fn text(text: &str) -> String {
    escape(&clean(text))
}

/// Several lines of text from anywhere.
fn lines(words: &str) -> String {
    words.lines().map(text).collect::<Vec<_>>().join("\n")
}

/// Most rows of a table and files of a list.
const MAX_ROWS: usize = 500;

const STYLE: &str = "
:root{color-scheme:light dark;--ink:#1c2128;--soft:#57606a;--paper:#ffffff;--shade:#f4f6f8;--line:#d8dee4;--good:#006b4d;--bad:#b02a18}
@media (prefers-color-scheme:dark){:root{--ink:#e3e7ec;--soft:#a3acb7;--paper:#14171c;--shade:#1d2127;--line:#343b44;--good:#4fd0a5;--bad:#ff9482}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif}
main{max-width:1160px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:26px;line-height:1.25;margin:8px 0 16px}h2{font-size:19px;margin:36px 0 10px}h3{font-size:16px;margin:22px 0 6px}
.explanation{max-width:760px}p{margin:10px 0}
code,pre{font-family:ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:13px}
code{background:var(--shade);padding:1px 4px;border-radius:4px;overflow-wrap:anywhere}pre{background:var(--shade);padding:10px 12px;border-radius:6px;overflow:auto}pre code{padding:0}
figure{margin:0;max-height:85vh;overflow:auto;border:1px solid var(--line);border-radius:6px}figure svg{display:block;max-width:100%;height:auto;margin:0 auto}
table{border-collapse:collapse;font-size:14px}th,td{padding:4px 14px 4px 0;border-bottom:1px solid var(--line);text-align:left}th{color:var(--soft);font-weight:600}.number{text-align:right;font-variant-numeric:tabular-nums}
ul.verdicts{list-style:none;padding:0;margin:0}ul.verdicts li{margin:8px 0;padding-left:10px;border-left:4px solid var(--good)}ul.verdicts li.failed{border-color:var(--bad)}
.sign{font-weight:600;color:var(--good)}.failed .sign{color:var(--bad)}.why{color:var(--soft)}
.note{border-left:4px solid #b07d00;padding:2px 10px}ul.files{columns:3 240px;padding-left:18px}a{color:inherit}
@media print{figure{max-height:none;overflow:visible}}
";

#[cfg(test)]
mod tests;
