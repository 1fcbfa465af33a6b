//! What is wrong with a file: where, what, why, and what to try, in the form that compilers have made familiar.

use std::fmt;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A place in the texts that were read: a range of bytes, the file first, each override after it.
pub(super) type Span = Range<usize>;

/// A text that was read.
#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: String,
}

/// The file and the overrides, one behind the other, so that a span says in which of them it lies.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources(Vec<Source>);

impl Sources {
    /// Adds a text; its spans begin at the number that comes back.
    pub(super) fn add(&mut self, name: &str, text: &str) -> usize {
        let start = self.0.iter().map(|source| source.text.len() + 1).sum();
        self.0.push(Source { name: name.into(), text: text.into() });
        start
    }

    /// The first number behind everything that was added.
    pub(super) fn end(&self) -> usize {
        self.0.iter().map(|source| source.text.len() + 1).sum()
    }

    /// The text of a span.
    pub(super) fn text(&self, span: &Span) -> &str {
        self.locate(span).and_then(|(source, local)| source.text.get(local)).unwrap_or("")
    }

    fn locate(&self, span: &Span) -> Option<(&Source, Span)> {
        let mut start = 0;
        for source in &self.0 {
            let end = start + source.text.len();
            if span.start <= end {
                return Some((source, span.start - start..span.end.min(end).max(span.start) - start));
            }
            start = end + 1;
        }
        None
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    title: String,
    span: Span,
    label: String,
    also: Vec<(Span, String)>,
    help: Vec<String>,
    is_warning: bool,
}

impl Problem {
    /// What failed, and where.
    pub(super) fn new(span: Span, title: impl Into<String>) -> Self {
        let (title, label) = (title.into(), String::new());
        Problem { title, span, label, also: Vec::new(), help: Vec::new(), is_warning: false }
    }

    /// Why: stands under the text.
    pub(super) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Another place that has to do with it.
    pub(super) fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.also.push((span, label.into()));
        self
    }

    /// What to try.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// What to try, where there is something to say.
    pub(super) fn help_if(self, help: Option<String>) -> Self {
        match help {
            Some(help) => self.help(help),
            None => self,
        }
    }

    /// Where it begins.
    pub(super) fn starts_at(&self) -> usize {
        self.span.start
    }

    /// The same in another place.
    pub(super) fn moved(mut self, by: &dyn Fn(&Span) -> Span) -> Self {
        self.span = by(&self.span);
        for (span, _) in &mut self.also {
            *span = by(span);
        }
        self
    }

    /// Whether it keeps the file from being run.
    pub(super) fn is_error(&self) -> bool {
        !self.is_warning
    }
}

/// Everything that is wrong with a file and its overrides.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    sources: Sources,
    problems: Vec<Problem>,
}

impl Diagnosis {
    pub(super) fn new(sources: Sources, mut problems: Vec<Problem>) -> Self {
        problems.sort_by_key(|problem| (problem.is_warning, problem.span.start));
        // A setting for every node is wrong for every node in the same way.
        problems.dedup_by(|a, b| a.span == b.span && a.title == b.title);
        Diagnosis { sources, problems }
    }

    /// How many problems there are.
    pub fn count(&self) -> usize {
        self.problems.len()
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// As text, in colour or without.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let renderer = renderer.decor_style(DecorStyle::Ascii);
        let shown = self.problems.iter().take(SHOWN);
        let mut text = shown.map(|problem| renderer.render(&[self.group(problem)])).collect::<Vec<_>>().join("\n\n");
        if let more @ 1.. = self.problems.len().saturating_sub(SHOWN) {
            text += &format!("\n\n… and {more} more");
        }
        text
    }

    fn group<'a>(&'a self, problem: &'a Problem) -> Group<'a> {
        let level = if problem.is_warning { Level::WARNING } else { Level::ERROR };
        let mut group = Group::with_title(level.primary_title(&problem.title));
        let Some((main, span)) = self.sources.locate(&problem.span) else { return group };
        let mut primary = AnnotationKind::Primary.span(span);
        if !problem.label.is_empty() {
            primary = primary.label(&problem.label);
        }
        let mut snippet = Snippet::source(&main.text).path(&main.name).annotation(primary);
        let mut others = Vec::new();
        for (span, label) in &problem.also {
            match self.sources.locate(span) {
                Some((source, local)) if std::ptr::eq(source, main) => {
                    snippet = snippet.annotation(AnnotationKind::Context.span(local).label(label));
                }
                Some((source, local)) => others.push((source, local, label)),
                None => {}
            }
        }
        group = group.element(snippet);
        for (source, local, label) in others {
            let context = AnnotationKind::Context.span(local).label(label);
            group = group.element(Snippet::source(&source.text).path(&source.name).annotation(context));
        }
        problem.help.iter().fold(group, |group, help| group.element(Level::HELP.message(help)))
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Diagnosis {}

/// So many problems are shown; who has mended those runs it again.
const SHOWN: usize = 20;
