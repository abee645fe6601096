//! Random numbers from a seed, and ids that are hard to handle.

use assignment_engine::core::AgentId;

/// SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n).unwrap()).unwrap()
    }

    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    pub(crate) fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    /// Each of the list with a chance of `part` in 8, in the order of the list.
    pub(crate) fn some<T: Clone>(&mut self, list: &[T], part: usize) -> Vec<T> {
        let some = list.iter().filter(|_| self.below(8) < part);
        some.cloned().collect()
    }
}

/// So many agents. The first have ids that texts and patterns could trip over.
pub(crate) fn agents(count: usize) -> Vec<AgentId> {
    let long = "a".repeat(128);
    let odd = [
        "1", "-1", "1 2", " ", "\n", "a\0b", "a\"b", "\\", "%d", "größe", "{a}", "1 2 3 4", "[]",
        "null", &long,
    ];
    (0..count)
        .map(|n| match odd.get(n) {
            Some(id) => AgentId::new(id).unwrap(),
            None => AgentId::new(format!("agent-{n}")).unwrap(),
        })
        .collect()
}

pub(crate) const HOUR: i64 = 3_600_000;
