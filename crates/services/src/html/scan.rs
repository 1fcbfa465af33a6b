//! What a page needs to be shown: its style sheets, scripts and images, in the order in which it names them.

use std::cell::RefCell;

use html5ever::buffer_queue::BufferQueue;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};

/// What a page says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Page {
    /// The text of `<title>`, its spaces put in order.
    pub title: String,
    /// The reference against which the others are resolved (`<base href>`).
    pub base: Option<String>,
    /// What it needs, each once.
    pub resources: Vec<Resource>,
}

/// Something that a page needs.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Resource {
    /// What it is for.
    pub kind: Kind,
    /// Where it is, as the page writes it.
    pub reference: String,
}

/// What a resource is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// `<link rel=stylesheet>`, `@import`.
    Style,
    /// `<script src>`.
    Script,
    /// `<img src>`, `url()` in a style sheet.
    Image,
}

impl Kind {
    /// One word.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Style => "style sheet",
            Kind::Script => "script",
            Kind::Image => "image",
        }
    }
}

impl Page {
    /// Reads a page; any bytes are a page of some kind.
    pub fn scan(page: &[u8]) -> Page {
        let text = String::from_utf8_lossy(page);
        let input = BufferQueue::default();
        input.push_back(StrTendril::from_slice(&text));
        let tokenizer = Tokenizer::new(Scan::default(), TokenizerOpts::default());
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        let mut page = tokenizer.sink.0.into_inner().page;
        page.title = page.title.split_whitespace().collect::<Vec<_>>().join(" ");
        page
    }

    /// Adds what the page needs besides; what it has already, or what is too much, is left out.
    fn add(&mut self, kind: Kind, reference: &str) {
        let resource = Resource { kind, reference: reference.trim().to_owned() };
        let carried_inside = resource.reference.starts_with("data:");
        let full = self.resources.len() >= MAX_RESOURCES;
        if !resource.reference.is_empty() && !carried_inside && !full && !self.resources.contains(&resource) {
            self.resources.push(resource);
        }
    }
}

#[derive(Default)]
struct Scan(RefCell<State>);

#[derive(Default)]
struct State {
    page: Page,
    in_title: bool,
}

impl TokenSink for Scan {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let state = &mut *self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) if state.in_title && state.page.title.len() < MAX_TITLE => {
                state.page.title.push_str(&text);
            }
            Token::TagToken(tag) => return state.on_tag(&tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl State {
    fn on_tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        if tag.kind == TagKind::EndTag {
            self.in_title = false;
            return TokenSinkResult::Continue;
        }
        let attribute =
            |name: &str| tag.attrs.iter().find(|found| &*found.name.local == name).map_or("", |found| &*found.value);
        match &*tag.name {
            "title" => {
                self.in_title = self.page.title.is_empty();
                return TokenSinkResult::RawData(RawKind::Rcdata);
            }
            "textarea" => return TokenSinkResult::RawData(RawKind::Rcdata),
            "style" | "xmp" | "iframe" | "noembed" | "noframes" => return TokenSinkResult::RawData(RawKind::Rawtext),
            "script" => {
                self.page.add(Kind::Script, attribute("src"));
                return TokenSinkResult::RawData(RawKind::ScriptData);
            }
            "img" => self.page.add(Kind::Image, attribute("src")),
            "base" if self.page.base.is_none() && !attribute("href").is_empty() => {
                self.page.base = Some(attribute("href").to_owned());
            }
            "link" => {
                let mut relations = attribute("rel").split_ascii_whitespace();
                if relations.any(|relation| relation.eq_ignore_ascii_case("stylesheet")) {
                    self.page.add(Kind::Style, attribute("href"));
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Resources of one page, at most.
const MAX_RESOURCES: usize = 256;
/// Bytes of a title, about.
const MAX_TITLE: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_names_its_resources_in_order_and_once() {
        let page = Page::scan(
            b"<!DOCTYPE html><html><head><title> Two\n words &amp; more </title><base href='/a/'>\
              <link rel='alternate STYLESHEET' href=style.css><link rel=icon href=i.ico>\
              <script src='x.js'>\"<img src=not-an-image.png>\"</script></head><body>\
              <img src=p.png><IMG SRC=p.png><img src='data:image/png;base64,AA'><!-- <img src=no.png> -->\
              <img alt=none><textarea><img src=text.png></textarea><svg><title>other</title></svg>",
        );
        assert_eq!(page.title, "Two words & more");
        assert_eq!(page.base.as_deref(), Some("/a/"));
        let found: Vec<_> = page.resources.iter().map(|found| (found.kind.name(), found.reference.as_str())).collect();
        assert_eq!(found, [("style sheet", "style.css"), ("script", "x.js"), ("image", "p.png")]);
    }
}
