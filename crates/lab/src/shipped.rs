//! The labs that come with Glassnet: the files of `labs/`, each by its own name. Nothing else knows what they are called.

/// Name and text of every shipped lab, in the order of their names.
pub static LABS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

/// The text of the lab called `name`.
pub fn text(name: &str) -> Option<&'static str> {
    LABS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
