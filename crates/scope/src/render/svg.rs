//! Drawing in SVG: a small canvas, one theme for light and dark, and text that cannot break out.
//!
//! A picture needs nothing from outside: no script, no font, no style sheet. Colours are classes, because a reader's
//! preference for dark changes them; the theme is the same in every picture, so that several can stand in one page.

use std::fmt::{self, Write as _};

/// A picture being drawn. Lengths are in pixels at 100 %.
pub(crate) struct Canvas {
    width: f64,
    height: f64,
    title: String,
    description: String,
    body: String,
}

/// Where text stands from its point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Canvas {
    /// An empty picture; title and description are read to those who cannot see it.
    pub(crate) fn new(title: &str, description: &str) -> Canvas {
        let (title, description) = (escape(title), escape(description));
        Canvas { width: 0.0, height: 0.0, title, description, body: String::new() }
    }

    pub(crate) fn size(&mut self, width: f64, height: f64) {
        (self.width, self.height) = (width, height);
    }

    pub(crate) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let (x1, y1, x2, y2) = (Px(from.0), Px(from.1), Px(to.0), Px(to.1));
        let _ = writeln!(self.body, r#"<line class="{class}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>"#);
    }

    pub(crate) fn rect(&mut self, class: &str, corner: (f64, f64), width: f64, height: f64) {
        let (x, y, w, h) = (Px(corner.0), Px(corner.1), Px(width.max(0.0)), Px(height.max(0.0)));
        let _ = writeln!(self.body, r#"<rect class="{class}" x="{x}" y="{y}" width="{w}" height="{h}"/>"#);
    }

    pub(crate) fn circle(&mut self, class: &str, centre: (f64, f64), radius: f64) {
        let (x, y, r) = (Px(centre.0), Px(centre.1), Px(radius));
        let _ = writeln!(self.body, r#"<circle class="{class}" cx="{x}" cy="{y}" r="{r}"/>"#);
    }

    /// An open line through points; nothing for fewer than two.
    pub(crate) fn path(&mut self, class: &str, points: &[(f64, f64)]) {
        if points.len() < 2 {
            return;
        }
        let _ = write!(self.body, r#"<path class="{class}" d=""#);
        self.points(points);
        self.body.push_str("\"/>\n");
    }

    /// A filled shape.
    pub(crate) fn shape(&mut self, class: &str, points: &[(f64, f64)]) {
        let _ = write!(self.body, r#"<path class="{class}" d=""#);
        self.points(points);
        self.body.push_str("Z\"/>\n");
    }

    fn points(&mut self, points: &[(f64, f64)]) {
        let mut before = None;
        for (x, y) in points {
            let command = if before.is_none() { 'M' } else { 'L' };
            before = Some(());
            let _ = write!(self.body, "{command}{} {}", Px(*x), Px(*y));
        }
    }

    /// A cross of two strokes.
    pub(crate) fn cross(&mut self, class: &str, (x, y): (f64, f64), arm: f64) {
        self.line(class, (x - arm, y - arm), (x + arm, y + arm));
        self.line(class, (x - arm, y + arm), (x + arm, y - arm));
    }

    pub(crate) fn text(&mut self, class: &str, anchor: Anchor, at: (f64, f64), text: &str) {
        let (x, y) = (Px(at.0), Px(at.1));
        let _ = writeln!(self.body, r#"<text class="{class}{anchor}" x="{x}" y="{y}">{}</text>"#, escape(text));
    }

    /// Text turned around its point, in degrees clockwise.
    pub(crate) fn slanted(&mut self, class: &str, anchor: Anchor, at: (f64, f64), degrees: f64, text: &str) {
        let (x, y, turn) = (Px(at.0), Px(at.1), Px(degrees));
        let text = escape(text);
        let _ = writeln!(
            self.body,
            r#"<text class="{class}{anchor}" x="{x}" y="{y}" transform="rotate({turn} {x} {y})">{text}</text>"#
        );
    }

    /// What is drawn until [`Canvas::end`] belongs together; `hint` is shown under a pointer.
    pub(crate) fn group(&mut self, hint: &str) {
        self.body.push_str("<g>");
        if !hint.is_empty() {
            let _ = write!(self.body, "<title>{}</title>", escape(hint));
        }
        self.body.push('\n');
    }

    pub(crate) fn end(&mut self) {
        self.body.push_str("</g>\n");
    }

    pub(crate) fn finish(self) -> String {
        let Canvas { width, height, title, description, body } = self;
        let (w, h) = (Px(width), Px(height));
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" class="gn" role="img" width="{w}" height="{h}" viewBox="0 0 {w} {h}">
<title>{title}</title>
<desc>{description}</desc>
<style>{THEME}</style>
<rect class="paper" width="{w}" height="{h}"/>
{body}</svg>
"#
        )
    }
}

/// A length with at most two decimals. What is no number is drawn at 0.
struct Px(f64);

impl fmt::Display for Px {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (self.0 * 100.0).round() as i64;
        let (whole, part) = (hundredths.unsigned_abs() / 100, hundredths.unsigned_abs() % 100);
        let sign = if hundredths < 0 { "-" } else { "" };
        match part {
            0 => write!(f, "{sign}{whole}"),
            part if part % 10 == 0 => write!(f, "{sign}{whole}.{}", part / 10),
            part => write!(f, "{sign}{whole}.{part:02}"),
        }
    }
}

/// The class that sets an anchor, behind other classes.
impl fmt::Display for Anchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Anchor::Start => "",
            Anchor::Middle => " mid",
            Anchor::End => " end",
        })
    }
}

/// Text as the content of an element or an attribute of XML and HTML. Control characters, which XML forbids, are shown as
/// `\u{…}`.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// About how wide a text is, in pixels, in a font of `size` pixels: fonts differ, so a little too much.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
    text.chars().count() as f64 * size * 0.54
}

/// How many colours there are for things that must be told apart; the ninth thing has the first colour again.
pub(crate) const COLOURS: usize = 8;

/// Colours that colour-blind people can tell apart (after Okabe and Ito), darker on light paper and lighter on dark.
const THEME: &str = "
.gn{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans','DejaVu Sans',sans-serif;font-size:13px}
.gn text{fill:#1c2128}.gn .small{font-size:11px}.gn .soft{fill:#57606a}.gn .strong{font-weight:600}
.gn .head{font-size:16px;font-weight:600}.gn .mono{font-family:ui-monospace,'SF Mono',Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:11.5px}
.gn .mid{text-anchor:middle}.gn .end{text-anchor:end}
.gn .paper{fill:#ffffff}.gn .halo{stroke:#ffffff;stroke-width:3.5px;paint-order:stroke;stroke-linejoin:round}
.gn .grid{stroke:#e4e7eb;stroke-width:1}.gn .frame{stroke:#8b949e;stroke-width:1}.gn .rung{stroke:#8b949e;stroke-width:1.5}
.gn .leader{stroke:#8b949e;stroke-width:.8}.gn .wire{stroke:#3d4651;stroke-width:1.4;fill:none}.gn .tip{fill:#3d4651}
.gn .again{stroke:#0072b2;stroke-width:1.6;fill:none}.gn .againtip{fill:#0072b2}.gn text.blue{fill:#005a8f}
.gn .lost{stroke:#c62f1b;stroke-width:1.4;fill:none}.gn .cross{stroke:#c62f1b;stroke-width:2.6;stroke-linecap:round}.gn text.red{fill:#b02a18}
.gn text.green{fill:#006b4d}.gn .gap{stroke:#8b949e;stroke-width:1.5;stroke-dasharray:1.5 4;fill:none}
.gn .curve{fill:none;stroke-width:1.6;stroke-linejoin:round}.gn .dash{fill:none;stroke-width:1.5;stroke-dasharray:6 4}.gn .bar{stroke-width:1.2;fill:none}
.gn .s0{stroke:#0072b2}.gn .s1{stroke:#d55e00}.gn .s2{stroke:#007a5a}.gn .s3{stroke:#b4538a}.gn .s4{stroke:#b07d00}.gn .s5{stroke:#2f9fd8}.gn .s6{stroke:#6b4fa0}.gn .s7{stroke:#5f6b76}
.gn .f0{fill:#0072b2}.gn .f1{fill:#d55e00}.gn .f2{fill:#007a5a}.gn .f3{fill:#b4538a}.gn .f4{fill:#b07d00}.gn .f5{fill:#2f9fd8}.gn .f6{fill:#6b4fa0}.gn .f7{fill:#5f6b76}
.gn .p0{fill:#cfe8d5}.gn .p1{fill:#d8e6f5}.gn .p2{fill:#fbe3c0}.gn .p3{fill:#f6cfc8}.gn .p4{fill:#e5daf0}.gn .p5{fill:#e2e5e9}.gn .faint{opacity:.35}
@media (prefers-color-scheme:dark){
.gn text{fill:#e3e7ec}.gn .soft{fill:#a3acb7}.gn .paper{fill:#14171c}.gn .halo{stroke:#14171c}
.gn .grid{stroke:#2a3038}.gn .frame,.gn .rung,.gn .leader,.gn .gap{stroke:#79828e}.gn .wire{stroke:#c3cad2}.gn .tip{fill:#c3cad2}
.gn .again{stroke:#56b4e9}.gn .againtip{fill:#56b4e9}.gn text.blue{fill:#7cc7f2}.gn .lost,.gn .cross{stroke:#ff7b66}.gn text.red{fill:#ff9482}.gn text.green{fill:#4fd0a5}
.gn .s0{stroke:#4aa8e8}.gn .s1{stroke:#f28a3c}.gn .s2{stroke:#3fc79a}.gn .s3{stroke:#e08fbd}.gn .s4{stroke:#e6b94d}.gn .s5{stroke:#8fd3f7}.gn .s6{stroke:#b39be0}.gn .s7{stroke:#a3acb7}
.gn .f0{fill:#4aa8e8}.gn .f1{fill:#f28a3c}.gn .f2{fill:#3fc79a}.gn .f3{fill:#e08fbd}.gn .f4{fill:#e6b94d}.gn .f5{fill:#8fd3f7}.gn .f6{fill:#b39be0}.gn .f7{fill:#a3acb7}
.gn .p0{fill:#1f4a35}.gn .p1{fill:#1d3a57}.gn .p2{fill:#5a4416}.gn .p3{fill:#5e261c}.gn .p4{fill:#43345a}.gn .p5{fill:#363c44}
}
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peers_text_stays_text() {
        let mut canvas = Canvas::new("<b>", "a & b");
        canvas.size(10.0, 10.0);
        canvas.text("soft", Anchor::Middle, (1.005, f64::NAN), "</text><script>\u{1b}");
        let svg = canvas.finish();
        assert!(svg.contains("<title>&lt;b&gt;</title>") && svg.contains("a &amp; b"));
        assert!(!svg.contains("<script") && svg.contains("&lt;script&gt;\\u{1b}"), "{svg}");
    }

    #[test]
    fn lengths_are_short() {
        let shown = [1.0, -0.004, 2.5, 3.1357, -7.25, f64::NAN].map(|x| Px(x).to_string());
        assert_eq!(shown, ["1", "0", "2.5", "3.14", "-7.25", "0"]);
    }
}
