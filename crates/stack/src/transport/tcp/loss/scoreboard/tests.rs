//! What becomes of segments, step by step, and beside a naive scoreboard.

use proptest::prelude::*;

use super::*;

const MSS: u32 = 1000;

fn board(segments: u32) -> Scoreboard {
    let mut board = Scoreboard::empty();
    (0..segments).for_each(|n| board.on_send(SeqNum(n * MSS), MSS, Instant::ZERO));
    board
}

fn sack(board: &mut Scoreboard, from: u32, to: u32) -> u32 {
    let mut blocks = SackBlocks::default();
    blocks.push(SeqNum(from * MSS), SeqNum(to * MSS));
    let una = board.first().unwrap().seq;
    board.on_sack(&blocks, una, SeqNum(100 * MSS), |_| {})
}

//= rfc6675#4 test
#[test]
fn three_sacked_segments_above_make_a_loss() {
    let mut board = board(10);
    assert_eq!((sack(&mut board, 1, 3), board.mark_lost(MSS)), (2 * MSS, false));
    assert_eq!((sack(&mut board, 3, 4), board.mark_lost(MSS)), (MSS, true));
    assert_eq!(board.next_lost().map(|s| s.seq), Some(SeqNum(0)));
    assert_eq!(board.pipe(), 6 * MSS);
    board.on_resend(SeqNum(0), MSS, Instant::ZERO);
    assert_eq!((board.pipe(), board.next_lost().is_none()), (7 * MSS, true));
    let covered = board.on_ack(SeqNum(4 * MSS), Instant::ZERO, |_| {});
    assert_eq!((covered.bytes, board.pipe()), (4 * MSS, 6 * MSS));
}

#[test]
fn a_sent_again_segment_gives_no_round_trip() {
    let mut board = board(2);
    board.mark_first_lost();
    board.on_resend(SeqNum(0), MSS, Instant::ZERO);
    assert_eq!(board.on_ack(SeqNum(MSS), Instant::from_nanos(5), |_| {}).rtt, None);
    assert_eq!(board.on_ack(SeqNum(2 * MSS), Instant::from_nanos(9), |_| {}).rtt, Some(Duration::from_nanos(9)));
}

#[test]
fn a_timeout_takes_all_but_the_sacked_for_lost() {
    let mut board = board(4);
    sack(&mut board, 2, 3);
    board.mark_all_lost();
    let mut again = Vec::new();
    while let Some(sent) = board.next_lost() {
        again.push(sent.seq.0 / MSS);
        board.on_resend(sent.seq, sent.len, Instant::ZERO);
    }
    assert_eq!((again, board.pipe()), (vec![0, 1, 3], 3 * MSS));
}

/// What a naive scoreboard knows of one segment.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Plain {
    seq: u32,
    sacked: bool,
    lost: bool,
    resent: bool,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Send,
    Ack(u32),
    Sack(u32, u32),
    MarkLost,
    Resend,
    Timeout,
    Undo,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Send),
        2 => (0u32..6).prop_map(Step::Ack),
        4 => (0u32..12, 1u32..5).prop_map(|(from, len)| Step::Sack(from, len)),
        3 => Just(Step::MarkLost),
        3 => Just(Step::Resend),
        1 => Just(Step::Timeout),
        1 => Just(Step::Undo),
    ]
}

/// Lost by RFC 6675: three segments, or more than two segments' bytes, above it are sacked.
fn mark_naively(plain: &mut [Plain]) {
    for n in 0..plain.len() {
        let above = plain[n + 1..].iter().filter(|other| other.sacked).count();
        if above >= 3 && !plain[n].sacked && !plain[n].lost {
            plain[n].lost = true;
        }
    }
}

proptest! {
    #[test]
    fn it_knows_what_a_list_searched_from_end_to_end_knows(steps in prop::collection::vec(step(), 1..120)) {
        let (mut board, mut plain, mut una, mut nxt) = (Scoreboard::empty(), Vec::<Plain>::new(), 0u32, 0u32);
        for step in steps {
            match step {
                Step::Send => {
                    board.on_send(SeqNum(nxt * MSS), MSS, Instant::ZERO);
                    plain.push(Plain { seq: nxt, sacked: false, lost: false, resent: false });
                    nxt += 1;
                }
                Step::Ack(n) => {
                    una = (una + n).min(nxt);
                    board.on_ack(SeqNum(una * MSS), Instant::ZERO, |_| {});
                    plain.retain(|sent| sent.seq >= una);
                }
                Step::Sack(from, len) => {
                    let (from, to) = (una + 1 + from, (una + 1 + from + len).min(nxt));
                    if from < to {
                        let mut blocks = SackBlocks::default();
                        blocks.push(SeqNum(from * MSS), SeqNum(to * MSS));
                        board.on_sack(&blocks, SeqNum(una * MSS), SeqNum(nxt * MSS), |_| {});
                        plain.iter_mut().filter(|s| (from..to).contains(&s.seq)).for_each(|s| s.sacked = true);
                    }
                }
                Step::MarkLost => {
                    board.mark_lost(MSS);
                    mark_naively(&mut plain);
                }
                Step::Resend => {
                    let next = plain.iter_mut().find(|s| s.lost && !s.resent && !s.sacked);
                    prop_assert_eq!(board.next_lost().map(|s| s.seq.0 / MSS), next.as_ref().map(|s| s.seq));
                    if let Some(next) = next {
                        board.on_resend(SeqNum(next.seq * MSS), MSS, Instant::ZERO);
                        next.resent = true;
                    }
                }
                Step::Timeout => {
                    board.mark_all_lost();
                    plain.iter_mut().filter(|s| !s.sacked).for_each(|s| (s.lost, s.resent) = (true, false));
                }
                Step::Undo => {
                    board.unmark_lost();
                    plain.iter_mut().filter(|s| s.lost && !s.resent && !s.sacked).for_each(|s| s.lost = false);
                }
            }
            let on_its_way = |s: &&Plain| !s.sacked && (!s.lost || s.resent);
            prop_assert_eq!(board.pipe(), MSS * plain.iter().filter(on_its_way).count() as u32);
            let sacked = plain.iter().filter(|s| s.sacked).count() as u32;
            prop_assert_eq!(board.sacked(), (sacked * MSS, sacked));
            let lost = plain.iter().filter(|s| s.lost && !s.sacked).count();
            prop_assert_eq!(board.counts().lost as usize, lost);
            prop_assert_eq!(board.has_lost(), lost > 0);
        }
    }
}
