//! The story as text: one line a step, folded under itself where it is long.

use super::{Heading, Layer, Mood, Step, Story};
use crate::render::Style;
use crate::render::style::{Paint, cut, fold, line, millis};

/// Measures of a story on the page.
struct Page {
    style: Style,
    time: usize,
    who: usize,
    /// Columns for the number of the request; none when there is only one.
    number: usize,
}

pub(super) fn story(story: &Story, style: Style) -> String {
    let page = Page::new(story, style);
    let mut out = String::new();
    let mut headed = 0;
    let mut started = false;
    for step in &story.steps {
        if let Some(number) = step.request.filter(|number| *number > headed) {
            for heading in story.requests.iter().filter(|heading| heading.number > headed && heading.number <= number) {
                page.heading(&mut out, heading);
            }
            headed = number;
        } else if !started && step.protocol == "DHCP" {
            line(&mut out, &style.paint(Paint::Heading, OPENING));
        }
        started = true;
        page.step(&mut out, step);
    }
    if let Some(missing) = &story.missing {
        line(&mut out, &style.paint(Paint::Quiet, &format!("({missing})")));
    }
    out
}

impl Page {
    fn new(story: &Story, style: Style) -> Page {
        let time = story.steps.iter().map(|step| millis(step.at.nanos()).len()).max().unwrap_or(0).max(6);
        let who = story.steps.iter().map(|step| who(step).chars().count()).max().unwrap_or(0);
        let who = who.min(style.columns() * 3 / 10);
        // A blank and the digits.
        let most = story.requests.len();
        let number = if most > 1 { 1 + most.to_string().len() } else { 0 };
        Page { style, time, who, number }
    }

    fn heading(&self, out: &mut String, heading: &Heading) {
        let why = match heading.initiator.as_str() {
            "typed" => "typed",
            "redirect" => "by redirect",
            "page" => "named by the page",
            other => other,
        };
        let number = if self.number > 0 { format!("{} ", heading.number) } else { String::new() };
        let title = self.style.paint(Paint::Heading, &format!("{number}{}", heading.url));
        let why = self.style.paint(Paint::Quiet, &format!("({why})"));
        line(out, "");
        line(out, &format!("{title}  {why}"));
    }

    fn step(&self, out: &mut String, step: &Step) {
        let indent = self.time + self.number + self.who + PROTOCOL + GAPS;
        let width = self.style.columns().saturating_sub(indent).max(20);
        let lines = fold(&step.what, width);
        let paint = match step.mood {
            Mood::Fine => None,
            Mood::Trouble | Mood::Failure => Some(Paint::Bad),
        };
        let set = |text: &str| paint.map_or_else(|| text.to_string(), |paint| self.style.paint(paint, text));
        let number = step.request.map_or_else(String::new, |number| number.to_string());
        let time = self.style.paint(Paint::Quiet, &format!("{:>w$}", millis(step.at.nanos()), w = self.time));
        let number = match self.number {
            0 => String::new(),
            w => self.style.paint(Paint::Quiet, &format!("{number:>w$}")),
        };
        let who = format!("{:w$}", cut(&who(step), self.who), w = self.who);
        let protocol = format!("{:PROTOCOL$}", step.protocol);
        let protocol = self.style.paint(layer_paint(step.layer), &protocol);
        let first = lines.first().map_or("", String::as_str);
        line(out, &format!("{time}{number}  {who}  {protocol} {}", set(first)));
        for rest in lines.iter().skip(1) {
            line(out, &format!("{:indent$}{}", "", set(rest)));
        }
        if self.style.explain {
            self.explain(out, step);
        }
    }

    fn explain(&self, out: &mut String, step: &Step) {
        let indent = self.time + self.number + 4;
        let width = self.style.columns().saturating_sub(indent);
        let mut facts = vec![step.layer.text().to_string()];
        facts.extend([&step.addresses[..], step.rfc].iter().filter(|fact| !fact.is_empty()).map(ToString::to_string));
        let took = step.end.since(step.at);
        if took > base::Duration::ZERO {
            facts.push(format!("took {took}"));
        }
        for text in std::iter::once(facts.join(" · ")).chain(step.detail.iter().cloned()) {
            for (n, folded) in fold(&text, width.saturating_sub(2)).iter().enumerate() {
                let folded = if n == 0 { folded.clone() } else { format!("  {folded}") };
                line(out, &self.style.paint(Paint::Quiet, &format!("{:indent$}{folded}", "")));
            }
        }
    }
}

/// `laptop → resolver`, or the node alone.
fn who(step: &Step) -> String {
    if step.to.is_empty() { step.from.clone() } else { format!("{} → {}", step.from, step.to) }
}

const fn layer_paint(layer: Layer) -> Paint {
    match layer {
        Layer::Link => Paint::Link,
        Layer::Internet => Paint::Internet,
        Layer::Transport => Paint::Transport,
        Layer::Security => Paint::Security,
        Layer::Application => Paint::Application,
    }
}

const OPENING: &str = "Joining the network";
const PROTOCOL: usize = 5;
/// Spaces between the columns.
const GAPS: usize = 5;
