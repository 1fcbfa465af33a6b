//! The command that repeats a run, as it can be pasted into a shell.

/// The command that repeats this run: what was typed, and the seed.
pub(crate) fn again(seed: u64, typed: impl Iterator<Item = String>) -> String {
    let mut words = vec!["glassnet".to_owned()];
    words.extend(typed.map(|word| quoted(&word)));
    if !words.iter().any(|word| word == "--seed" || word.starts_with("--seed=")) {
        words.push(format!("--seed {seed}"));
    }
    words.join(" ")
}

/// A word as a shell reads it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:/=@%+".contains(c);
    let plain = !word.is_empty() && word.chars().all(plain);
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_repeats_a_run_can_be_pasted_into_a_shell() {
        let again = |typed: &[&str]| again(7, typed.iter().map(|word| (*word).to_owned()));
        assert_eq!(again(&["visit", "example.com"]), "glassnet visit example.com --seed 7");
        assert_eq!(again(&["visit", "x", "--seed=7", "--loss", "2%"]), "glassnet visit x --seed=7 --loss 2%");
        assert_eq!(again(&["visit", "http://x/?a=1&b='2'"]), r"glassnet visit 'http://x/?a=1&b='\''2'\''' --seed 7");
    }
}
