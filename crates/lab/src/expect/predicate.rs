//! The language over one frame: which frames a rule of a timeline means.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use base::LinkType;
use scope::fields::{Link, Raw, Reader};

use super::check::{Checked, check_frame};
use super::error::{ExpressionError, Span};
use super::eval::{Eval, Row};
use super::parse::parse;
use super::plan::What;
use super::source::Field;

/// A condition on a frame's headers: `tcp.len > 0 and tcp.dstport == 80`.
///
/// ```
/// use base::LinkType;
/// use glassnet_lab::expect::FramePredicate;
/// let mut data = FramePredicate::parse("tcp.len > 0").unwrap();
/// assert!(!data.matches(LinkType::Ip, b"no packet at all"));
/// ```
pub struct FramePredicate {
    text: String,
    plan: Arc<Checked>,
    /// What the frames so far tell: a relative sequence number needs the first one.
    reader: Reader,
}

impl FramePredicate {
    /// Reads a condition. It may name what is in the frame: neither when nor where it was seen, nor other records.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let plan = check_frame(&parse(text)?)?;
        let mut wrong: Option<(Span, String)> = None;
        plan.root.visit(&mut |node| {
            let name = match &node.what {
                What::Source(source) => Some(source.to_string()),
                What::Field(Field::Frame(field), _) if field.header().is_some() => None,
                What::Field(_, name) => Some(name.clone()),
                _ => None,
            };
            if let (None, Some(name)) = (&wrong, name) {
                wrong = Some((node.span, name));
            }
        });
        match wrong {
            None => Ok(FramePredicate { text: text.to_owned(), plan: Arc::new(plan), reader: Reader::new() }),
            Some((span, name)) => Err(ExpressionError::new(span, format!("{name} is no part of a frame"))
                .help("name fields of its headers: tcp.len, ip.dst, udp.dstport, …")),
        }
    }

    /// Whether it holds of a frame, given each frame of a link in order. What a frame does not have, it does not match.
    pub fn matches(&mut self, link_type: LinkType, frame: &[u8]) -> bool {
        let link = match link_type {
            LinkType::Ethernet => Link::Ethernet,
            LinkType::Ip => Link::Ip,
            LinkType::Ax25 => Link::Kiss,
            LinkType::Llc => Link::Llc,
            LinkType::Radiotap => Link::Radiotap,
        };
        let len = u32::try_from(frame.len()).unwrap_or(u32::MAX);
        let FramePredicate { plan, reader, .. } = self;
        let packet = reader.read(Raw { link, bytes: frame, len, ..Raw::default() });
        let eval = Eval::new(None, plan.slots);
        eval.truth(&plan.root, Row::Packet(&packet)).unwrap_or(false)
    }
}

/// The same condition, before its first frame.
impl Clone for FramePredicate {
    fn clone(&self) -> Self {
        FramePredicate { text: self.text.clone(), plan: Arc::clone(&self.plan), reader: Reader::new() }
    }
}

impl FromStr for FramePredicate {
    type Err = ExpressionError;
    fn from_str(text: &str) -> Result<Self, ExpressionError> {
        Self::parse(text)
    }
}

impl fmt::Debug for FramePredicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FramePredicate({:?})", self.text)
    }
}

impl fmt::Display for FramePredicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
