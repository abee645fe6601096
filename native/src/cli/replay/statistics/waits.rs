//! Waits in a few numbers.

use serde::Serialize;

use super::rounded;

/// Waits in milliseconds, `None` where nobody waited. The quantiles are waits that really occurred
/// (nearest rank): of n waits in order, quantile p is the one at place p·n, rounded up, counted
/// from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Waits {
    /// At least half of the waits are no longer.
    pub(crate) median_ms: Option<u64>,
    /// At least 90 of 100 waits are no longer.
    pub(crate) p90_ms: Option<u64>,
    /// At least 99 of 100 waits are no longer.
    pub(crate) p99_ms: Option<u64>,
    /// The mean, to the nearest millisecond.
    pub(crate) mean_ms: Option<u64>,
    /// The longest.
    pub(crate) max_ms: Option<u64>,
}

impl Waits {
    /// In any order.
    pub(super) fn of(mut waits_ms: Vec<u64>) -> Self {
        waits_ms.sort_unstable();
        let sum: u128 = waits_ms.iter().copied().map(u128::from).sum();
        let mean = rounded(sum, waits_ms.len() as u128);
        Self {
            median_ms: quantile(&waits_ms, 50),
            p90_ms: quantile(&waits_ms, 90),
            p99_ms: quantile(&waits_ms, 99),
            mean_ms: mean.and_then(|mean| u64::try_from(mean).ok()),
            max_ms: waits_ms.last().copied(),
        }
    }
}

fn quantile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_by_nearest_rank() {
        let hundred = Waits::of((1..=100).rev().collect());
        let expected = Waits {
            median_ms: Some(50),
            p90_ms: Some(90),
            p99_ms: Some(99),
            mean_ms: Some(51),
            max_ms: Some(100),
        };
        assert_eq!(hundred, expected);
        let more = Waits::of((1..=101).collect());
        assert_eq!(
            (more.median_ms, more.p90_ms, more.p99_ms),
            (Some(51), Some(91), Some(100))
        );
        let two = Waits::of(vec![7, 0]);
        assert_eq!(
            (two.median_ms, two.p90_ms, two.mean_ms),
            (Some(0), Some(7), Some(4))
        );
        let one = Waits::of(vec![9]);
        assert_eq!(
            (one.median_ms, one.p99_ms, one.max_ms),
            (Some(9), Some(9), Some(9))
        );
    }

    #[test]
    fn of_nobody_nothing_is_known() {
        let nobody = Waits::of(vec![]);
        assert_eq!(
            (nobody.median_ms, nobody.mean_ms, nobody.max_ms),
            (None, None, None)
        );
    }
}
