//! The nearest valid word: what somebody probably meant.

/// The candidate that `word` was most likely meant to be, if any is near enough; of equals the first.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = word.to_lowercase();
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let known = candidate.to_lowercase();
        let mut away = distance(&wanted, &known) * 2;
        // `congestion-control` for `congestion`, `retries` for `max_retries`.
        if wanted.len() >= SHARED && known.len() >= SHARED && (known.contains(&wanted) || wanted.contains(&known)) {
            away = away.min(3);
        }
        // Two slips in six letters, three in nine; a single one in short words.
        let allowed = 2 * (word.chars().count().max(candidate.chars().count()) / 3).max(1);
        if away <= allowed && best.is_none_or(|(least, _)| away < least) {
            best = Some((away, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Letters that are inserted, left out, replaced, or swapped with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, place) in rows[0].iter_mut().enumerate() {
        *place = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = least;
        }
    }
    rows[a.len()][b.len()]
}

/// A list as a person writes it: `a, b and c`.
pub fn list<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    if words.is_empty() { "none".into() } else { joined(&words, "and") }
}

/// `a`, `a or b`, `a, b or c`; nothing of nothing.
pub fn joined<S: AsRef<str>>(words: &[S], before_last: &str) -> String {
    let mut text = String::new();
    for (place, word) in words.iter().enumerate() {
        match place {
            0 => {}
            _ if place + 1 == words.len() => text += &format!(" {before_last} "),
            _ => text += ", ",
        }
        text += word.as_ref();
    }
    text
}

/// From this length on a word that contains another is taken for it.
const SHARED: usize = 4;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let keys = ["delay", "rate", "loss", "duplicate", "reorder", "limit", "mtu"];
        for (typed, meant) in
            [("dely", "delay"), ("raet", "rate"), ("Loss", "loss"), ("duplciate", "duplicate"), ("mtü", "mtu")]
        {
            assert_eq!(nearest(typed, keys), Some(meant));
        }
        for nothing in ["bandwidth", "x", ""] {
            assert_eq!(nearest(nothing, keys), None, "{nothing}");
        }
        assert_eq!(nearest("congestion-control", ["nagle", "congestion"]), Some("congestion"));
    }

    #[test]
    fn lists_end_with_and() {
        assert_eq!((list([]), list(["a"]), list(["a", "b", "c"])), ("none".into(), "a".into(), "a, b and c".into()));
    }

    proptest! {
        #[test]
        fn a_known_word_is_nearest_to_itself(word in "[a-z]{1,12}") {
            prop_assert_eq!(nearest(&word, ["zzz", word.as_str()]), Some(word.as_str()));
        }
    }
}
