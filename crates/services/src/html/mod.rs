//! Pages: what they need, and what they look like as text. By html5ever (the HTML standard's parser) and html2text.

mod css;
mod scan;

pub use css::references as css_references;
pub use scan::{Kind, Page, Resource};

/// Lays a page out as text, at most `width` columns wide where the page allows it.
pub fn to_text(page: &[u8], width: usize) -> String {
    let layout = html2text::config::plain().allow_width_overflow().link_footnotes(false);
    let text = layout.string_from_read(page, width.max(MIN_WIDTH)).unwrap_or_else(|_| {
        // Only a width that nothing fits into can be refused, and overflow is allowed.
        String::from_utf8_lossy(page).into_owned()
    });
    let mut out = String::with_capacity(text.len());
    for line in text.trim_end().lines() {
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

/// Narrower than this nothing is readable.
const MIN_WIDTH: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_page_reads_as_text_in_the_terminal() {
        let page = b"<!DOCTYPE html><title>T</title><style>p{}</style><h1>Example</h1>\
            <p>One <a href=/x>link</a> and a <b>bold</b> word.</p><ul><li>first<li>second</ul>\
            <img src=a.png alt='A picture'><script>alert(1)</script><table><tr><td>1<td>2</table>";
        assert_eq!(
            to_text(page, 40),
            "# Example\n\nOne [link] and a **bold** word.\n* first\n* second\n\n[A picture]\n\n─┬─\n1│2\n─┴─\n"
        );
    }

    #[test]
    fn a_deeply_nested_page_is_laid_out() {
        for tag in ["<div>", "<b>", "<table><tr><td>", "<ul><li>", "<blockquote>"] {
            to_text(tag.repeat(2_000).as_bytes(), 80);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_laid_out(page in proptest::collection::vec(any::<u8>(), 0..300), width in 0usize..200) {
            to_text(&page, width);
            Page::scan(&page);
        }

        #[test]
        fn any_markup_is_laid_out(page in "(<(a|p|table|tr|td|title|script|img|link|base|ul|li)( (src|href|rel|colspan)=[a-z0-9\"]{0,4})?>|</[a-z]{1,5}>|[a-z ]{0,5}|<!--|&[a-z]{0,4};?){0,30}", width in 0usize..80) {
            to_text(page.as_bytes(), width);
            Page::scan(page.as_bytes());
        }
    }
}
