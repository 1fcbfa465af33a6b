//! Where a scenario comes from: a file, or the name of a lab that comes with Glassnet.

use lab::Lab;
use lab::file::{self, Diagnosis, Override};

use crate::message::Problem;

/// The text of a scenario.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// What messages and the repeating command call it.
    pub(crate) name: String,
    /// TOML.
    pub(crate) text: String,
}

impl Source {
    /// The file of this name, or the shipped lab that is called so. `others` are names that mean something else here.
    pub(crate) fn find(name: &str, others: &[&str]) -> Result<Source, Problem> {
        let text = std::fs::read_to_string(name).or_else(|error| {
            lab::shipped::text(name).map(str::to_owned).ok_or_else(|| {
                let labs = lab::shipped::LABS.iter().map(|(lab, _)| *lab);
                let near = file::words::nearest(name, labs.chain(others.iter().copied()));
                let meant = near.map_or(String::new(), |near| format!("did you mean {near}? Or "));
                let others: String = others.iter().map(|other| format!(", or {other}")).collect();
                let hint = format!(
                    "{meant}give a scenario file, or the name of a shipped lab (`glassnet lab` lists them){others}"
                );
                Problem::new(format!("cannot read {name}"), error, hint)
            })
        })?;
        Ok(Source { name: name.to_owned(), text })
    }

    /// The lab that it says, with settings that win over it, and what is probably not meant.
    pub(crate) fn read(&self, set: &[String]) -> Result<(Lab, Diagnosis), Problem> {
        file::read_with_warnings(&self.text, &self.name, &overrides(set)).map_err(|diagnosis| self.wrong(&diagnosis))
    }

    /// The problem of a text with mistakes, each in its place.
    pub(crate) fn wrong(&self, diagnosis: &Diagnosis) -> Problem {
        let count = diagnosis.count();
        let mistakes = if count == 1 { "a mistake".to_owned() } else { format!("{count} mistakes") };
        // Colours are taken out again where nobody wants them.
        Problem::told(diagnosis.render(true), format!("{mistakes} in {}", self.name))
    }
}

/// `--set` as the reader of files takes it.
pub(crate) fn overrides(set: &[String]) -> Vec<Override> {
    set.iter().map(Override::new).collect()
}
