use std::time::Duration;

use crate::provider::random::fraction;

/// How long to leave something alone that failed so many times in a row.
///
/// Nothing after the first failure: a server that restarted or that closes idle lines costs no
/// pick. Then twice as long each time up to a second, less a random half, so that many processes
/// do not come back at once.
pub(super) fn delay(failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(2) else {
        return Duration::ZERO;
    };
    let longest = FIRST.saturating_mul(1 << doublings.min(10)).min(LONGEST);
    longest.mul_f64(0.5 + fraction() / 2.0)
}

const FIRST: Duration = Duration::from_millis(25);
const LONGEST: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_second_and_differ() {
        assert_eq!((delay(0), delay(1)), (Duration::ZERO, Duration::ZERO));
        for (failures, longest) in [
            (2, 25),
            (3, 50),
            (4, 100),
            (7, 800),
            (8, 1000),
            (u32::MAX, 1000),
        ] {
            let longest = Duration::from_millis(longest);
            let waits: Vec<_> = (0..100).map(|_| delay(failures)).collect();
            assert!(
                waits
                    .iter()
                    .all(|wait| *wait >= longest / 2 && *wait <= longest)
            );
            let (least, most) = (waits.iter().min().unwrap(), waits.iter().max().unwrap());
            assert!(*most - *least > longest / 5, "{least:?} to {most:?}");
        }
    }
}
