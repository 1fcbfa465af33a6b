//! Which rows of a long ladder are shown: its beginning, its end, and what surrounds losses, repetitions and changes.

use super::rows::Row;

/// A piece of a ladder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Piece {
    /// The row at this place.
    Row(usize),
    /// So many rows are not shown.
    LeftOut(usize),
}

/// At most `most` rows, in order, and how many are missing where.
pub(super) fn pieces(rows: &[Row], most: usize) -> Vec<Piece> {
    if rows.len() <= most {
        return (0..rows.len()).map(Piece::Row).collect();
    }
    let mut shown = vec![false; rows.len()];
    let (first, last) = (most / 4, most / 8);
    shown[..first].fill(true);
    shown[rows.len() - last..].fill(true);
    let mut left = most - first - last;
    let around = rows.iter().enumerate().filter(|(_, row)| row.is_notable());
    for place in around.flat_map(|(at, _)| at.saturating_sub(BEFORE)..(at + 1 + AFTER).min(rows.len())) {
        if left > 0 && !shown[place] {
            shown[place] = true;
            left -= 1;
        }
    }
    // What room is left goes to the beginning.
    for shown in shown.iter_mut().filter(|shown| !**shown).take(left) {
        *shown = true;
    }
    let mut pieces = Vec::with_capacity(most + 16);
    for (place, shown) in shown.into_iter().enumerate() {
        match (shown, pieces.last_mut()) {
            (true, _) => pieces.push(Piece::Row(place)),
            (false, Some(Piece::LeftOut(count))) => *count += 1,
            (false, _) => pieces.push(Piece::LeftOut(1)),
        }
    }
    pieces
}

/// How many rows before and after something notable are shown.
const BEFORE: usize = 3;
const AFTER: usize = 4;

#[cfg(test)]
mod tests {
    use base::Instant;

    use super::super::rows::Note;
    use super::*;

    fn rows(count: usize, notable: &[usize]) -> Vec<Row> {
        let note = || Note { at: Instant::ZERO, column: 0, state: None, text: "x".into() };
        let notes = |n: usize| if notable.contains(&n) { vec![note()] } else { vec![] };
        (0..count).map(|n| Row { at: Instant::ZERO, arrow: None, loss: None, notes: notes(n) }).collect()
    }

    #[test]
    fn a_long_ladder_keeps_its_ends_and_what_surrounds_a_loss() {
        let pieces = pieces(&rows(1000, &[500]), 40);
        assert_eq!(pieces.iter().filter(|piece| matches!(piece, Piece::Row(_))).count(), 40);
        for place in [0, 9, 497, 500, 504, 999] {
            assert!(pieces.contains(&Piece::Row(place)), "{place}: {pieces:?}");
        }
        let left_out = pieces.iter().map(|piece| if let Piece::LeftOut(count) = piece { *count } else { 0 });
        assert_eq!(left_out.sum::<usize>(), 960);
    }

    #[test]
    fn a_short_ladder_is_whole() {
        assert_eq!(pieces(&rows(3, &[]), 3), [Piece::Row(0), Piece::Row(1), Piece::Row(2)]);
        assert_eq!(pieces(&rows(1000, &(0..1000).collect::<Vec<_>>()), 10).len(), 11);
    }
}
