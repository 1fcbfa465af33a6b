//! Where records come from: frames, events, and what programs recorded.

use std::fmt;

use scope::Wants;

use super::events::EVENTS;
use super::frames::{self, FrameField};

/// A source of records.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Source {
    /// Frames, once for each interface that they pass.
    Frames,
    /// One kind of event; its place in [`EVENTS`].
    Events(usize),
    /// What programs recorded: a protocol and a step.
    App(String, String),
}

/// A kind of value, as far as it is known before a run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Bool,
    Number,
    Time,
    Text,
    /// What a program recorded is known only when it ran.
    Any,
}

/// A field of the records of a source.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Field {
    /// When.
    At,
    /// The node's name.
    Node,
    /// Of a frame.
    Frame(FrameField),
    /// Of a kind of event: its place among the event's fields.
    Event(usize, usize),
    /// What a program called so; `-` in its name is written `_`.
    App(String),
}

impl Source {
    /// The source with this name, unless it could only be one of a program.
    pub(super) fn built_in(name: &str) -> Option<Source> {
        if name == FRAMES {
            return Some(Source::Frames);
        }
        EVENTS.iter().position(|event| event.name == name).map(Source::Events)
    }

    /// The names of all sources but those of programs.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        std::iter::once(FRAMES).chain(EVENTS.iter().map(|event| event.name))
    }

    /// The field with this name, and what kind of value it has.
    pub(super) fn field(&self, name: &str) -> Option<(Field, Kind)> {
        match name {
            "at" => return Some((Field::At, Kind::Time)),
            "node" => return Some((Field::Node, Kind::Text)),
            _ => {}
        }
        match self {
            Source::Frames => FrameField::named(name).map(|(field, kind)| (Field::Frame(field), kind)),
            Source::Events(event) => {
                let fields = EVENTS[*event].fields;
                let place = fields.iter().position(|field| field.name == name);
                let known = place.map(|place| (Field::Event(*event, place), fields[place].kind));
                known.or_else(|| self.is_open().then(|| of_a_program(name)).flatten())
            }
            Source::App(..) => of_a_program(name),
        }
    }

    /// The names of all fields that are known before a run.
    pub(super) fn field_names(&self) -> Vec<&'static str> {
        let mut names = vec!["at", "node"];
        match self {
            Source::Frames => names.extend(frames::all().map(|(name, _, _)| name)),
            Source::Events(event) => names.extend(EVENTS[*event].fields.iter().map(|field| field.name)),
            Source::App(..) => {}
        }
        names
    }

    /// What kind of value one of its fields has.
    pub(super) fn kind_of(&self, field: &Field) -> Option<Kind> {
        match field {
            Field::At => Some(Kind::Time),
            Field::Node => Some(Kind::Text),
            Field::Frame(field) => Some(field.kind()),
            Field::Event(event, place) => Some(EVENTS[*event].fields[*place].kind),
            Field::App(_) => Some(Kind::Any),
        }
    }

    /// Whether a field of it says where.
    pub(super) fn is_place(&self, field: &Field) -> bool {
        *field == Field::Node || self.field("nic").is_some_and(|(nic, _)| nic == *field && !self.is_open())
    }

    /// Whether its records have fields that nobody knows before a run.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Source::Frames => false,
            Source::Events(event) => EVENTS[*event].name == FACTS,
            Source::App(..) => true,
        }
    }

    /// What must be recorded for it.
    pub(super) fn wants(&self) -> Wants {
        match self {
            Source::Frames => Wants { frames: true, ..Wants::NONE },
            Source::Events(event) => EVENTS[*event].wants,
            Source::App(..) => Wants::APP,
        }
    }
}

/// A name that a program may have given to a value.
fn of_a_program(name: &str) -> Option<(Field, Kind)> {
    (!name.contains('.')).then(|| (Field::App(name.to_owned()), Kind::Any))
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Frames => f.write_str(FRAMES),
            Source::Events(kind) => f.write_str(EVENTS[*kind].name),
            Source::App(protocol, step) => write!(f, "{protocol}.{step}"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Bool => "yes or no",
            Kind::Number => "number",
            Kind::Time => "time",
            Kind::Text => "text",
            Kind::Any => "any",
        })
    }
}

/// The source with one record for each frame and interface.
const FRAMES: &str = "frames";
/// The source of everything that programs recorded.
const FACTS: &str = "facts";
