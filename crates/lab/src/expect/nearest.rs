//! The nearest valid word to one that was mistyped.

/// The candidate that takes the fewest changes of a letter (inserted, left out, replaced, swapped with its neighbour) to
/// become `word`, if that is close enough to be meant; the first one of several.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(LONGEST + 1).flat_map(char::to_lowercase).collect();
    if word.len() > LONGEST {
        return None;
    }
    let measured = candidates.into_iter().map(|candidate| (changes(&word, candidate), candidate));
    let close = measured.filter(|(changes, candidate)| *changes <= allowed(word.len(), candidate.len()));
    close.min_by_key(|(changes, _)| *changes).map(|(_, candidate)| candidate)
}

/// A sentence for help: `did you mean x?`.
pub(super) fn meant<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|near| format!("did you mean {near}?"))
}

fn allowed(word: usize, candidate: usize) -> usize {
    (word.max(candidate) / 3).clamp(1, 3)
}

fn changes(word: &[char], candidate: &str) -> usize {
    let other: Vec<char> = candidate.chars().flat_map(char::to_lowercase).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in word.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (last[j] + usize::from(a != b)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && word[i - 1] == *b {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

/// Longer words are not compared.
const LONGEST: usize = 60;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_found_and_a_strange_one_has_none() {
        let words = ["frames", "drops", "states", "tcp.len"];
        assert_eq!(nearest("frame", words), Some("frames"));
        assert_eq!(nearest("Frmaes", words), Some("frames"));
        assert_eq!(nearest("tcp.ln", words), Some("tcp.len"));
        assert_eq!(nearest("zebra", words), None);
        assert_eq!(nearest(&"x".repeat(10_000), words), None);
    }
}
