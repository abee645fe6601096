//! Who is there at each pick.

/// A small generator of random numbers: SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// A way in which agents come and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Churn {
    /// Everybody is always there.
    Stable,
    /// The first half alone, then everybody, in turn.
    Alternating,
    /// One agent is there at every second pick, another one each time.
    Flapping,
    /// A third is away for some hundred picks, then the next third.
    Blocks,
    /// Each is there in seven picks of ten.
    Random,
    /// Two are there, another two each time.
    Pairs,
    /// Whoever had the last turn leaves for the next one.
    WinnerLeaves,
}

impl Churn {
    pub(crate) const ALL: [Self; 7] = [
        Self::Stable,
        Self::Alternating,
        Self::Flapping,
        Self::Blocks,
        Self::Random,
        Self::Pairs,
        Self::WinnerLeaves,
    ];

    /// Who of `agents` is there at this pick, at least one.
    pub(crate) fn present(
        self,
        pick: u64,
        agents: usize,
        last: Option<usize>,
        random: &mut Random,
    ) -> Vec<usize> {
        let all = 0..agents;
        let there: Vec<usize> = match self {
            Self::Stable => all.collect(),
            Self::Alternating if pick.is_multiple_of(2) => (0..agents.div_ceil(2)).collect(),
            Self::Alternating => all.collect(),
            Self::Flapping => {
                let flapping = usize::try_from(pick / 2).unwrap() % agents;
                all.filter(|n| pick.is_multiple_of(2) || *n != flapping)
                    .collect()
            }
            Self::Blocks => {
                let away = usize::try_from(pick / 100).unwrap() % 3;
                all.filter(|n| n % 3 != away).collect()
            }
            Self::Random => all.filter(|_| random.below(10) < 7).collect(),
            Self::Pairs => {
                let n = u64::try_from(agents).unwrap();
                let (a, b) = (random.below(n), random.below(n));
                let mut pair = [a.min(b), a.max(b)].map(|n| usize::try_from(n).unwrap());
                pair.sort_unstable();
                let mut pair = pair.to_vec();
                pair.dedup();
                pair
            }
            Self::WinnerLeaves => all.filter(|n| Some(*n) != last).collect(),
        };
        if there.is_empty() { vec![0] } else { there }
    }
}
