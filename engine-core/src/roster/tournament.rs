use alloc::vec::Vec;

/// The smallest of many numbers, how many are equal to it, and the k-th of those: kept up to date
/// one change at a time.
///
/// It is a tree whose nodes hold the minimum of their children and how often it occurs. A change
/// and a look-up touch one path from a leaf to the root, so both cost O(log n) and neither
/// allocates. A number that may not win is [`Tournament::OUT`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Tournament {
    /// `levels[0]` are the numbers themselves; each level above has one node for every `FAN` of
    /// the one below; the last has one node. Levels are padded to a multiple of `FAN` with `OUT`.
    levels: Vec<Vec<Node>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    /// The minimum.
    pub(crate) least: u64,
    /// How many numbers are equal to it. 0 only for padding and for nobody.
    pub(crate) count: u32,
}

/// Children per node: few enough to scan, many enough to keep the tree flat.
const FAN: usize = 4;

impl Tournament {
    /// A number that never wins.
    pub(crate) const OUT: u64 = u64::MAX;

    pub(crate) fn new(numbers: impl ExactSizeIterator<Item = u64>) -> Self {
        let mut level: Vec<Node> = numbers.map(Node::leaf).collect();
        let mut levels = Vec::new();
        loop {
            let padded = level.len().next_multiple_of(FAN).max(FAN);
            level.resize(padded, Node::NOBODY);
            let above: Vec<Node> = level.as_chunks().0.iter().map(Node::over).collect();
            levels.push(level);
            if above.len() == 1 {
                levels.push(above);
                return Self { levels };
            }
            level = above;
        }
    }

    /// The minimum and how many have it; `None` if all are out.
    pub(crate) fn least(&self) -> Option<Node> {
        self.levels
            .last()?
            .first()
            .copied()
            .filter(|root| root.count > 0)
    }

    /// The numbers, in order, and after them what pads them.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.levels
            .first()
            .into_iter()
            .flatten()
            .map(|leaf| leaf.least)
    }

    /// Replaces the number at `place`.
    pub(crate) fn set(&mut self, place: usize, number: u64) {
        let mut node = Node::leaf(number);
        let mut place = place;
        let mut levels = self.levels.iter_mut().peekable();
        while let Some(level) = levels.next() {
            let Some(old) = level.get_mut(place) else {
                return;
            };
            if *old == node {
                return;
            }
            *old = node;
            if levels.peek().is_none() {
                return;
            }
            place /= FAN;
            node = level
                .as_chunks()
                .0
                .get(place)
                .map_or(Node::NOBODY, Node::over);
        }
    }

    /// The place of the `k`-th number, from 0 on, that is equal to the minimum.
    pub(crate) fn nth_least(&self, k: u32) -> Option<usize> {
        let least = self.least().filter(|root| k < root.count)?.least;
        let (mut place, mut k) = (0, k);
        for level in self.levels.iter().rev().skip(1) {
            let children = level.as_chunks::<FAN>().0.get(place)?;
            let mut found = None;
            for (child, node) in children.iter().enumerate() {
                if node.least == least {
                    if k < node.count {
                        found = Some(child);
                        break;
                    }
                    k -= node.count;
                }
            }
            place = place * FAN + found?;
        }
        Some(place)
    }
}

impl Node {
    const NOBODY: Self = Self {
        least: Tournament::OUT,
        count: 0,
    };

    fn leaf(number: u64) -> Self {
        Self {
            least: number,
            count: u32::from(number != Tournament::OUT),
        }
    }

    /// Without branches: which child has the least cannot be foreseen.
    fn over(children: &[Self; FAN]) -> Self {
        let least = children
            .iter()
            .fold(Tournament::OUT, |least, node| least.min(node.least));
        let of_least = |node: &Self| node.count * u32::from(node.least == least);
        let count = children.iter().map(of_least).sum();
        Self { least, count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the tree must answer, found by looking at every number.
    fn scan(numbers: &[u64]) -> Option<(u64, Vec<usize>)> {
        let least = *numbers.iter().min()?;
        let places = (0..numbers.len())
            .filter(|place| numbers[*place] == least)
            .collect();
        (least != Tournament::OUT).then_some((least, places))
    }

    fn assert_agrees(tree: &Tournament, numbers: &[u64]) {
        match scan(numbers) {
            None => assert_eq!((tree.least(), tree.nth_least(0)), (None, None)),
            Some((least, places)) => {
                let count = u32::try_from(places.len()).unwrap();
                assert_eq!(tree.least(), Some(Node { least, count }));
                for (k, place) in (0..).zip(&places) {
                    assert_eq!(tree.nth_least(k), Some(*place));
                }
                assert_eq!(tree.nth_least(count), None);
            }
        }
    }

    fn number() -> impl Strategy<Value = u64> {
        prop_oneof![0..4u64, Just(Tournament::OUT)]
    }

    proptest! {
        #[test]
        fn agrees_with_a_scan_after_every_change(
            mut numbers in prop::collection::vec(number(), 0..70),
            changes in prop::collection::vec((any::<prop::sample::Index>(), number()), 0..40),
        ) {
            let mut tree = Tournament::new(numbers.clone().into_iter());
            assert_agrees(&tree, &numbers);
            for (place, number) in changes {
                if numbers.is_empty() {
                    break;
                }
                let place = place.index(numbers.len());
                numbers[place] = number;
                tree.set(place, number);
                assert_agrees(&tree, &numbers);
            }
        }
    }

    #[test]
    fn a_place_beyond_the_end_changes_nothing() {
        let mut tree = Tournament::new([1, 2].into_iter());
        tree.set(99, 0);
        assert_agrees(&tree, &[1, 2]);
    }

    #[test]
    fn an_empty_tree_has_no_winner() {
        assert_eq!(Tournament::default().least(), None);
        assert_eq!(Tournament::new(core::iter::empty()).least(), None);
    }
}
