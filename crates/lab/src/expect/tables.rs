//! A recording, prepared for questions: built once, and only the parts that somebody asks for.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use base::event::{Event, Fact, Value as AppValue};
use base::{Nic, NodeId};
use scope::Recording;
use scope::fields::{self, Field, Raw, Reader};

use super::events::EVENTS;
use super::frames::Column;
use super::source::Source;
use super::value::{Rows, Value};

/// The tables of one recording, for any number of expectations.
pub struct Tables<'r> {
    recording: &'r Recording,
    nodes: BTreeMap<NodeId, String>,
    nics: BTreeMap<Nic, String>,
    events: OnceCell<Events>,
    /// Fields of frames that somebody asked for, by their places in the registry.
    columns: Vec<OnceCell<Column>>,
}

/// Places of events, by kind.
struct Events {
    kinds: Vec<Arc<[u32]>>,
    /// By protocol and step, as an expression writes them.
    app: BTreeMap<(String, String), Arc<[u32]>>,
}

impl<'r> Tables<'r> {
    /// Of a recording; costs next to nothing yet.
    pub fn of(recording: &'r Recording) -> Self {
        let nodes = recording.nics().map(|(nic, info)| (nic.node, info.node.clone())).collect();
        let name = |(nic, info): (Nic, &base::NicInfo)| (nic, format!("{}.{}", info.node, info.name));
        let nics = recording.nics().map(name).collect();
        let columns = fields::all().map(|_| OnceCell::new()).collect();
        Tables { recording, nodes, nics, events: OnceCell::new(), columns }
    }

    /// Reads fields of all frames in one pass; those that were read before cost nothing.
    pub(super) fn read_columns(&self, wanted: &[(usize, Field)]) {
        let mut missing: Vec<(usize, Field, Column)> = Vec::new();
        for &(place, field) in wanted {
            if self.columns[place].get().is_none() && missing.iter().all(|(other, ..)| *other != place) {
                missing.push((place, field, Column::for_field(field)));
            }
        }
        if missing.is_empty() {
            return;
        }
        let only: Vec<Field> = missing.iter().map(|(_, field, _)| *field).collect();
        // Each interface is a capture of its own: what it saw before decides what a segment is.
        let mut readers: BTreeMap<Nic, Reader> = BTreeMap::new();
        for frame in self.recording.frames() {
            let reader = readers.entry(frame.nic).or_insert_with(|| Reader::of_fields(&only));
            let packet = reader.read(Raw::of_frame(&frame));
            for (_, field, column) in &mut missing {
                column.push(packet.first(*field));
            }
        }
        for (place, _, column) in missing {
            let _ = self.columns[place].set(column);
        }
    }

    /// A field of all frames.
    pub(super) fn column(&self, place: usize) -> &Column {
        if self.columns[place].get().is_none()
            && let Some(field) = fields::all().nth(place)
        {
            self.read_columns(&[(place, field)]);
        }
        self.columns[place].get_or_init(|| Column::Flags(Vec::new()))
    }

    pub(super) fn recording(&self) -> &'r Recording {
        self.recording
    }

    /// All records of a source.
    pub(super) fn rows(&self, source: &Source) -> Rows {
        match source {
            Source::Frames => Rows::All(u32::try_from(self.recording.frames().len()).unwrap_or(u32::MAX)),
            Source::Events(kind) => Rows::Some(Arc::clone(&self.events().kinds[*kind])),
            Source::App(protocol, step) => {
                let rows = self.events().app.get(&(protocol.clone(), step.clone()));
                Rows::Some(rows.map_or_else(|| Arc::from([]), Arc::clone))
            }
        }
    }

    /// What programs recorded, as an expression writes it: protocol and step.
    pub(super) fn app_sources(&self) -> impl Iterator<Item = String> {
        self.events().app.keys().map(|(protocol, step)| format!("{protocol}.{step}"))
    }

    /// The event at a place.
    pub(super) fn event(&self, place: u32) -> &'r Event {
        &self.recording.events()[place as usize]
    }

    pub(super) fn node_name(&self, node: NodeId) -> &str {
        self.nodes.get(&node).map_or("", String::as_str)
    }

    pub(super) fn nic_name(&self, nic: Nic) -> &str {
        self.nics.get(&nic).map_or("", String::as_str)
    }

    fn events(&self) -> &Events {
        self.events.get_or_init(|| {
            let mut kinds = vec![Vec::new(); EVENTS.len()];
            let mut app: BTreeMap<_, Vec<u32>> = BTreeMap::new();
            for (place, event) in (0_u32..).zip(self.recording.events()) {
                for (kind, source) in kinds.iter_mut().zip(EVENTS) {
                    if (source.takes)(&event.fact) {
                        kind.push(place);
                    }
                }
                if let Fact::App(fact) = &event.fact {
                    app.entry((fact.protocol, fact.step)).or_default().push(place);
                }
            }
            let mut written: BTreeMap<(String, String), Vec<u32>> = BTreeMap::new();
            for ((protocol, step), rows) in app {
                written.entry((word(protocol), word(step))).or_default().extend(rows);
            }
            // Two words that are written alike share a source.
            let in_order = |mut rows: Vec<u32>| {
                rows.sort_unstable();
                Arc::from(rows)
            };
            let app = written.into_iter().map(|(name, rows)| (name, in_order(rows))).collect();
            Events { kinds: kinds.into_iter().map(Arc::from).collect(), app }
        })
    }
}

/// A program's word as an expression writes it: `reused-connection` is `reused_connection`.
pub(super) fn word(text: &str) -> String {
    text.replace('-', "_")
}

/// The value that a program called `name`, or that it wrote with `-` in place of `_`.
pub(super) fn app_field<'a>(event: &'a Event, name: &str) -> Value<'a> {
    let Fact::App(fact) = &event.fact else { return Value::Absent };
    let same = |own: &str| own == name || (own.contains('-') && word(own) == name);
    match fact.fields.iter().find(|(own, _)| same(own)).map(|(_, value)| value) {
        None => Value::Absent,
        Some(AppValue::Text(text)) => text.as_str().into(),
        Some(AppValue::Number(number)) => Value::Number(*number as f64),
        Some(AppValue::Ip(ip)) => Value::Ip(*ip),
        Some(AppValue::Span(span)) => (*span).into(),
    }
}
