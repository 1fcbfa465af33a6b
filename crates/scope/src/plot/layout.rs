//! What both drawings of a chart need: ranges, colours, and curves thinned to what a picture can show.

use super::scale::{Scale, extent};
use super::{Chart, Curve, Form, Mark, Panel};

/// The scale of the shared axis.
pub(super) fn x_scale(chart: &Chart, wanted: usize) -> Scale {
    let curves = chart.panels.iter().flat_map(|panel| &panel.curves);
    let points = curves.flat_map(|curve| curve.points.iter().map(|point| point.0));
    let spans = chart.panels.iter().flat_map(|panel| &panel.bands).flat_map(|band| &band.spans);
    let ends = spans.flat_map(|span| [span.from, span.to]);
    Scale::around(&chart.x, points.chain(ends), wanted)
}

/// The scale of a panel: a linear one starts at zero where no value is below, and ends a little above the largest.
pub(super) fn y_scale(panel: &Panel, wanted: usize) -> Scale {
    let values = |curve: &Curve| -> Vec<f64> {
        let bars = curve.bars.iter().flat_map(|(lo, hi)| [*lo, *hi]);
        curve.points.iter().map(|point| point.1).chain(bars).collect()
    };
    let ruling = panel.curves.iter().filter(|curve| !curve.may_leave).flat_map(values);
    let all = panel.curves.iter().flat_map(values);
    let ruled = extent(&panel.y, ruling);
    let (lo, hi) = match (ruled, extent(&panel.y, all)) {
        (Some(ruled), Some(all)) => (ruled.0.min(all.0), all.1.min(ruled.1 * LEAVE)),
        (None, Some(all)) => all,
        _ => (0.0, 1.0),
    };
    match panel.y.log {
        true => Scale::new(&panel.y, lo / 1.15, hi * 1.15, wanted),
        false if lo >= 0.0 => Scale::new(&panel.y, 0.0, hi * 1.06, wanted),
        false => Scale::new(&panel.y, lo - (hi - lo) * 0.06, hi + (hi - lo) * 0.06, wanted),
    }
}

/// The colour of a panel's n-th curve.
pub(super) fn colour(curve: &Curve, n: usize) -> usize {
    curve.colour.unwrap_or(n)
}

/// The phases that a panel's bands name and their shades, in the order of their first appearance.
pub(super) fn phases(panel: &Panel) -> Vec<(&str, usize)> {
    let mut names: Vec<(&str, usize)> = Vec::new();
    for span in panel.bands.iter().flat_map(|band| &band.spans) {
        if !names.iter().any(|(name, _)| *name == span.name) {
            names.push((&span.name, span.shade));
        }
    }
    names
}

/// A curve in units of the picture (x from 0 to `width`, y from 0 at the bottom to `height`), cut at its edges, with
/// corners where it steps, and with no more points than its columns can show: of each column of a pixel the first, the
/// lowest, the highest and the last.
pub(super) fn trace(curve: &Curve, x: &Scale, y: &Scale, width: f64, height: f64) -> Vec<(f64, f64)> {
    let place = |(px, py): &(f64, f64)| {
        let (px, py) = (x.place(*px)?, y.place(*py)?);
        Some((px.clamp(0.0, 1.0) * width, py.clamp(0.0, 1.0) * height))
    };
    let placed = thinned(curve.points.iter().filter_map(place), curve.form);
    if curve.form != Form::Steps {
        return placed;
    }
    let mut corners: Vec<(f64, f64)> = Vec::with_capacity(placed.len() * 2);
    for point in placed {
        if let Some(before) = corners.last().copied()
            && before.1 != point.1
        {
            corners.push((point.0, before.1));
        }
        corners.push(point);
    }
    corners
}

fn thinned(points: impl Iterator<Item = (f64, f64)>, form: Form) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::new();
    let mut column: Vec<(f64, f64)> = Vec::new();
    let flush = |column: &mut Vec<(f64, f64)>, out: &mut Vec<(f64, f64)>| {
        if column.len() <= 4 || form == Form::Dots {
            out.append(column);
            return;
        }
        let by_y = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
        let (low, high) = (column.iter().min_by(by_y).copied(), column.iter().max_by(by_y).copied());
        let (first, last) = (column.first().copied(), column.last().copied());
        let mut kept: Vec<(f64, f64)> = [first, low, high, last].into_iter().flatten().collect();
        kept.sort_by(|a, b| a.0.total_cmp(&b.0));
        out.append(&mut kept);
        column.clear();
    };
    for point in points {
        if column.first().is_some_and(|first| first.0.floor() != point.0.floor()) {
            flush(&mut column, &mut out);
        }
        if form == Form::Dots && column.iter().any(|other| other.1.round() == point.1.round()) {
            continue;
        }
        column.push(point);
    }
    flush(&mut column, &mut out);
    out
}

/// Marks in order of x; those of one text that stand closer than `near` are one with a count.
pub(super) fn gathered(marks: &[Mark], x: &Scale, near: f64) -> Vec<(Mark, usize)> {
    let mut sorted: Vec<&Mark> = marks.iter().filter(|mark| x.place(mark.x).is_some()).collect();
    sorted.sort_by(|a, b| a.x.total_cmp(&b.x));
    let mut gathered: Vec<(Mark, usize)> = Vec::new();
    for mark in sorted {
        let place = |mark: &Mark| x.place(mark.x).unwrap_or_default();
        let same = |(other, _): &&mut (Mark, usize)| {
            (&other.text, other.colour) == (&mark.text, mark.colour) && place(mark) - place(other) < near
        };
        match gathered.iter_mut().rev().take(NEIGHBOURS).find(same) {
            Some((_, count)) => *count += 1,
            None => gathered.push((mark.clone(), 1)),
        }
    }
    gathered
}

/// How far a curve that may leave can stretch the range of the others.
const LEAVE: f64 = 1.6;
/// How many marks back a mark of the same text is looked for.
const NEIGHBOURS: usize = 8;
