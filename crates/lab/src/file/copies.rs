//! `copies = 10`: one node of the file is many of the world, `NAME-1` to `NAME-10`, each with links of its own.
//!
//! Done in the document, before anything is checked: every copy has the places of what was written once.

use super::diagnose::Problem;
use super::tree::{Item, Key, Tree, Value};

/// Puts the copies into the document.
pub(super) fn expand(tree: &mut Tree) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut copied: Vec<(String, usize)> = Vec::new();
    if let Some(nodes) = tree.table_mut("node") {
        let originals = std::mem::take(nodes);
        for (key, mut node) in originals {
            match take_copies(&mut node) {
                None => nodes.push((key, node)),
                Some(Ok(count)) => {
                    nodes.extend((1..=count).map(|n| (numbered(&key, n), node.clone())));
                    copied.push((key.name, count));
                }
                Some(Err(problem)) => problems.push(*problem),
            }
        }
    }
    if !copied.is_empty()
        && let Some(links) = tree.list_mut("link")
    {
        let originals = std::mem::take(links);
        links.extend(originals.iter().flat_map(|link| copies_of(link, &copied)));
    }
    problems
}

fn take_copies(node: &mut Item) -> Option<Result<usize, Box<Problem>>> {
    let Value::Table(table) = &mut node.value else { return None };
    let place = table.iter().position(|(key, _)| key.name == "copies")?;
    let (_, item) = table.remove(place);
    let most = i64::from(MOST);
    Some(match item.value {
        Value::Integer(count) if (1..=most).contains(&count) => Ok(count as usize),
        _ => {
            let title = format!("`copies` is a whole number from 1 to {most}");
            Err(Box::new(Problem::new(item.span, title).label("how many nodes this one stands for")))
        }
    })
}

fn numbered(key: &Key, n: usize) -> Key {
    Key { name: format!("{}-{n}", key.name), span: key.span.clone() }
}

/// A link that ends at a node with copies, once for each of them; the other end gets as many interfaces.
fn copies_of(link: &Item, copied: &[(String, usize)]) -> Vec<Item> {
    let ends = link.child("endpoints").map(|ends| match &ends.value {
        Value::List(ends) => ends.iter().filter_map(Item::text).map(str::to_owned).collect::<Vec<_>>(),
        _ => Vec::new(),
    });
    let count_of = |end: &str| {
        let node = end.split_once(':').map_or(end, |(node, _)| node);
        copied.iter().find(|(name, _)| name == node).map(|(_, count)| *count)
    };
    let ends = ends.unwrap_or_default();
    let Some(count) = ends.iter().filter_map(|end| count_of(end)).max() else { return vec![link.clone()] };
    let with_number = |n: usize| {
        let mut link = link.clone();
        if let Value::Table(table) = &mut link.value {
            for (key, item) in table {
                match (&mut item.value, key.name.as_str()) {
                    (Value::Text(name), "name") => *name = format!("{name}-{n}"),
                    (Value::List(list), "endpoints") => list.iter_mut().for_each(|end| renumber(end, n, &count_of)),
                    _ => {}
                }
            }
        }
        link
    };
    (1..=count).map(with_number).collect()
}

fn renumber(end: &mut Item, n: usize, count_of: &dyn Fn(&str) -> Option<usize>) {
    let Value::Text(text) = &mut end.value else { return };
    let Some((node, interface)) = text.split_once(':') else { return };
    *text = match count_of(text) {
        Some(_) => format!("{node}-{n}:{interface}"),
        None => format!("{node}:{interface}-{n}"),
    };
}

/// Copies of one node, at most.
const MOST: u16 = 1000;
