//! The ladder as SVG: columns of nodes, time going down, arrows that slant from departure to arrival.
//!
//! Time is not to scale: each thing gets the room that its label needs, and where nothing happens for long the lines are
//! dotted and say for how long.

use std::collections::BTreeMap;

use base::NodeId;
use base::event::TcpState;

use super::Ladder;
use super::choice::{Piece, pieces};
use super::hops::{self, End, Hop};
use super::rows::{Arrow, Note};
use super::time::{Clock, Thing, What};
use crate::render::style::{cut, fold, millis};
use crate::render::svg::{Anchor, Canvas};
use crate::words;

/// What is drawn, and where columns stand.
struct Sheet<'l> {
    names: Vec<String>,
    flights: Vec<Flight<'l>>,
    notes: Vec<&'l Note>,
    clock: Clock,
    left: f64,
    gap: f64,
}

/// A packet and its hops.
struct Flight<'l> {
    arrow: &'l Arrow,
    loss: Option<&'l str>,
    hops: Vec<Hop>,
}

pub(super) fn ladder(ladder: &Ladder<'_>) -> String {
    let sheet = Sheet::new(ladder);
    let title = format!("Ladder of {}", words::list(&sheet.names));
    let description = format!(
        "{} between {}, time going down from {} ms to {} ms.",
        words::count(sheet.flights.len() as u64, "packet"),
        words::list(&sheet.names),
        millis(ladder.rows.first().map_or(0, |row| row.at.nanos())),
        millis(ladder.rows.last().map_or(0, |row| row.at.nanos())),
    );
    let mut canvas = Canvas::new(&title, &description);
    let bottom = sheet.clock.bottom() + 18.0;
    sheet.rungs(&mut canvas, bottom);
    sheet.times(&mut canvas);
    for flight in &sheet.flights {
        sheet.flight(&mut canvas, flight);
    }
    // Labels behind all lines, so that none is crossed out.
    for flight in &sheet.flights {
        sheet.words(&mut canvas, flight);
    }
    sheet.side(&mut canvas);
    let foot = ladder.index.recording.truncated().map(|truncated| format!("({truncated})"));
    if let Some(foot) = &foot {
        canvas.text("small soft", Anchor::Start, (12.0, bottom + 18.0), foot);
    }
    canvas.size(sheet.width(), bottom + if foot.is_some() { 34.0 } else { 14.0 });
    canvas.finish()
}

impl<'l> Sheet<'l> {
    fn new(ladder: &'l Ladder<'_>) -> Sheet<'l> {
        let columns: BTreeMap<NodeId, usize> = ladder.columns.iter().enumerate().map(|(n, node)| (*node, n)).collect();
        let (mut flights, mut notes, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
        let mut missing = 0;
        for piece in pieces(&ladder.rows, MAX_ROWS) {
            let row = match piece {
                Piece::Row(place) => &ladder.rows[place],
                Piece::LeftOut(count) => {
                    missing = count;
                    continue;
                }
            };
            if missing > 0 {
                left_out.push((row.at, missing));
                missing = 0;
            }
            if let Some(arrow) = &row.arrow {
                let hops = hops::of(&ladder.index, &columns, &ladder.index.packets[arrow.packet]);
                flights.push(Flight { arrow, loss: row.loss.as_deref(), hops });
            }
            notes.extend(&row.notes);
        }
        let names = ladder.names();
        let gap = match names.len() {
            0..=2 => 460.0,
            3 => 330.0,
            4 => 270.0,
            _ => 220.0,
        };
        let left = TIMES + if notes.iter().any(|note| note.column == 0) { SIDE } else { 24.0 };
        let things = things(&flights, &notes);
        let clock = Clock::new(things, &left_out, names.len(), TOP);
        Sheet { names, flights, notes, clock, left, gap }
    }

    fn x(&self, column: usize) -> f64 {
        self.left + column as f64 * self.gap
    }

    fn right(&self) -> f64 {
        self.x(self.names.len().saturating_sub(1))
    }

    fn width(&self) -> f64 {
        let last = self.names.len().saturating_sub(1);
        let noted = self.notes.iter().any(|note| note.column == last && last > 0);
        self.right() + if noted { SIDE + 20.0 } else { 60.0 }
    }

    /// Names and lines of the nodes, dotted where time is cut out.
    fn rungs(&self, canvas: &mut Canvas, bottom: f64) {
        for (n, name) in self.names.iter().enumerate() {
            let x = self.x(n);
            canvas.text("strong", Anchor::Middle, (x, 24.0), &cut(&words::clean(name), 28));
            let mut from = 34.0;
            for cut in self.clock.cuts() {
                canvas.line("rung", (x, from), (x, cut.top));
                canvas.line("gap", (x, cut.top), (x, cut.bottom));
                from = cut.bottom;
            }
            canvas.line("rung", (x, from), (x, bottom));
            if bottom > TALL {
                canvas.text("small soft", Anchor::Middle, (x, bottom + 12.0), &cut(&words::clean(name), 28));
            }
        }
    }

    /// The moments at the left, and what was cut out between them.
    fn times(&self, canvas: &mut Canvas) {
        canvas.text("small soft", Anchor::End, (TIMES - 12.0, 24.0), "ms");
        let mut free = 0.0;
        for (at, y) in self.clock.moments() {
            if y >= free {
                canvas.text("mono soft", Anchor::End, (TIMES - 12.0, y + 4.0), &millis(at.nanos()));
                free = y + 12.0;
            }
        }
        for cut in self.clock.cuts() {
            let mut text = format!("{} later", words::span(cut.span));
            if cut.rows > 0 {
                text = format!("{} left out, {text}", words::count(cut.rows as u64, "row"));
            }
            let middle = (self.x(0) + self.gap / 2.0, (cut.top + cut.bottom) / 2.0 + 4.0);
            canvas.text("small soft halo", Anchor::Middle, middle, &text);
        }
    }

    fn flight(&self, canvas: &mut Canvas, flight: &Flight<'_>) {
        canvas.group(&flight.hint(&self.names));
        let again = flight.arrow.again.is_some();
        for (n, hop) in flight.hops.iter().enumerate() {
            let (from, to) = self.ends(flight, n, hop);
            let (line, tip) = match (hop.end, again) {
                (End::Lost | End::Refused, _) => ("lost", "tip"),
                (_, true) => ("again", "againtip"),
                _ => ("wire", "tip"),
            };
            canvas.line(line, from, to);
            match hop.end {
                End::Arrived => arrowhead(canvas, tip, from, to),
                End::Open => canvas.circle("tip", to, 1.8),
                End::Lost | End::Refused => canvas.cross("cross", to, 5.0),
            }
        }
        canvas.end();
    }

    /// What is written beside a packet's way.
    fn words(&self, canvas: &mut Canvas, flight: &Flight<'_>) {
        for (n, hop) in flight.hops.iter().enumerate() {
            let (from, to) = self.ends(flight, n, hop);
            if matches!(hop.end, End::Lost | End::Refused) {
                self.reason(canvas, flight, from, to);
            }
            // The label stands on the first hop only: those behind it carry the same packet.
            if n == 0 {
                self.label(canvas, flight, hop, from, to);
            }
        }
    }

    /// Where a hop begins and ends; a loss ends on its way.
    fn ends(&self, flight: &Flight<'_>, n: usize, hop: &Hop) -> ((f64, f64), (f64, f64)) {
        let key = |what| (flight.arrow.packet, n, what);
        let (y0, y1) = (self.clock.y(key(What::Departs)), self.clock.y(key(What::Ends)));
        let (x0, x1) = (self.x(hop.from), self.x(hop.to));
        match hop.end {
            End::Lost | End::Open => ((x0, y0), (x0 + (x1 - x0) * LOST_AT, y0 + LOST_BELOW)),
            End::Arrived | End::Refused => ((x0, y0), (x1, y1)),
        }
    }

    /// Why a packet was lost, beside the cross.
    fn reason(&self, canvas: &mut Canvas, flight: &Flight<'_>, from: (f64, f64), to: (f64, f64)) {
        let Some(loss) = flight.loss else { return };
        let rightward = to.0 > from.0;
        let (anchor, x) = if rightward { (Anchor::Start, to.0 + 10.0) } else { (Anchor::End, to.0 - 10.0) };
        canvas.text("small red halo", anchor, (x, to.1 + 4.0), &cut(loss, 44));
    }

    /// Label along a hop, at its sender's end.
    fn label(&self, canvas: &mut Canvas, flight: &Flight<'_>, hop: &Hop, from: (f64, f64), to: (f64, f64)) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = (self.x(hop.to) - self.x(hop.from)).abs() * (1.0 + (dy / dx).powi(2)).sqrt().min(1.4);
        let room = ((length - 30.0) / 6.95).max(6.0) as usize;
        let text = cut(&flight.arrow.label, room);
        let class = match (flight.arrow.lost, flight.arrow.again) {
            (true, _) => "mono red halo",
            (_, Some(_)) => "mono blue halo",
            _ => "mono halo",
        };
        // Never upside down: what goes left is read towards its sender.
        let angle = dy.atan2(dx.abs()).to_degrees().min(MOST_SLANT);
        let (anchor, side, angle) = if dx > 0.0 { (Anchor::Start, 1.0, angle) } else { (Anchor::End, -1.0, -angle) };
        let along = 12.0;
        // Below the line: what arrives at the moment of a departure comes from above.
        let at = (from.0 + side * along, from.1 + along * (dy / dx.abs()) + 11.5);
        canvas.slanted(class, anchor, at, angle, &text);
    }

    /// What happened at the nodes: beside the outer lines outside, beside the others to their right.
    fn side(&self, canvas: &mut Canvas) {
        for (n, note) in self.notes.iter().enumerate() {
            let y = self.clock.y((n, 0, What::Note));
            let x = self.x(note.column);
            let (anchor, x) = if note.column == 0 { (Anchor::End, x - 10.0) } else { (Anchor::Start, x + 10.0) };
            let class = match note.state {
                Some(TcpState::Established) => "small strong green halo",
                Some(_) => "small strong halo",
                None => "small soft halo",
            };
            let hint = format!("{} ms {}: {}", millis(note.at.nanos()), self.names[note.column], note.text);
            canvas.group(&hint);
            canvas.circle("tip", (self.x(note.column), y), 2.4);
            for (line, text) in note_lines(note).iter().enumerate() {
                canvas.text(class, anchor, (x, y + 4.0 + line as f64 * NOTE_LINE), text);
            }
            canvas.end();
        }
    }
}

impl Flight<'_> {
    /// What is shown under a pointer.
    fn hint(&self, names: &[String]) -> String {
        let mut text = self.arrow.label.clone();
        for hop in &self.hops {
            let (sent, ended) = (millis(hop.sent.nanos()), millis(hop.ended.nanos()));
            text += &format!("\n{sent} ms left {}", names[hop.from]);
            match hop.end {
                End::Arrived => text += &format!(", {ended} ms came to {}", names[hop.to]),
                End::Refused => text += &format!(", {ended} ms dropped by {}", names[hop.to]),
                End::Lost | End::Open => {}
            }
        }
        if let Some(loss) = self.loss {
            text += &format!("\n{loss}");
        }
        text
    }
}

/// Everything that needs a place in time.
fn things(flights: &[Flight<'_>], notes: &[&Note]) -> Vec<Thing> {
    let mut things = Vec::new();
    for flight in flights {
        for (n, hop) in flight.hops.iter().enumerate() {
            let key = |what| (flight.arrow.packet, n, what);
            let room = if n == 0 { LABEL_LINE } else { TIP_ROOM };
            things.push(Thing {
                at: hop.sent,
                key: key(What::Departs),
                column: hop.from,
                room,
                flies: matches!(hop.end, End::Arrived | End::Refused),
            });
            if matches!(hop.end, End::Lost | End::Open) {
                continue;
            }
            let room = if hop.end == End::Refused { LABEL_LINE } else { TIP_ROOM };
            things.push(Thing { at: hop.ended, key: key(What::Ends), column: hop.to, room, flies: false });
        }
    }
    for (n, note) in notes.iter().enumerate() {
        let room = note_lines(note).len() as f64 * NOTE_LINE + 2.0;
        things.push(Thing { at: note.at, key: (n, 0, What::Note), column: note.column, room, flies: false });
    }
    things
}

/// A note in a few short lines; of a change of state the new state.
fn note_lines(note: &Note) -> Vec<String> {
    if let Some(state) = note.state {
        return vec![state.to_string()];
    }
    let mut lines = fold(&note.text, NOTE_COLUMNS);
    if lines.len() > NOTE_LINES {
        lines.truncate(NOTE_LINES);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

fn arrowhead(canvas: &mut Canvas, class: &str, from: (f64, f64), to: (f64, f64)) {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx.hypot(dy).max(1.0);
    let (ux, uy) = (dx / length, dy / length);
    let back = (to.0 - ux * 9.0, to.1 - uy * 9.0);
    canvas.shape(class, &[to, (back.0 - uy * 3.5, back.1 + ux * 3.5), (back.0 + uy * 3.5, back.1 - ux * 3.5)]);
}

/// Room for the moments at the left, and for notes beside the outer lines.
const TIMES: f64 = 92.0;
const SIDE: f64 = 190.0;
/// Where time begins.
const TOP: f64 = 52.0;
/// From this height on the names stand below, too.
const TALL: f64 = 900.0;
/// Room that a label needs, and the tip of an arrow.
const LABEL_LINE: f64 = 16.0;
const TIP_ROOM: f64 = 8.0;
const NOTE_LINE: f64 = 13.0;
/// Columns and lines of a note.
const NOTE_COLUMNS: usize = 31;
const NOTE_LINES: usize = 3;
/// What share of its way a lost packet is drawn, and how far down.
const LOST_AT: f64 = 0.55;
const LOST_BELOW: f64 = 14.0;
/// Labels are turned by so many degrees at most.
const MOST_SLANT: f64 = 60.0;
/// Most rows of a picture.
const MAX_ROWS: usize = 1_000;
