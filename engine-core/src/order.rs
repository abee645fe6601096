//! Sets and sorting, once for everything that needs them.
//!
//! For each type that is put into a set or sorted the compiler makes a copy of the whole machinery,
//! a few kB of WebAssembly each. Where nothing is decided by the nanosecond, texts and places stand
//! for the things themselves.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use core::cmp::Ordering;

/// The first text that is there a second time, and its place.
pub(crate) fn repeated<'a>(texts: &mut dyn Iterator<Item = &'a str>) -> Option<(usize, &'a str)> {
    let mut seen = BTreeSet::new();
    let mut texts = texts.enumerate();
    texts.find(|(_, text)| !seen.insert(*text))
}

/// The places from 0 to `count` in the order of what is there; equals keep theirs.
pub(crate) fn in_order(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<u32> {
    let mut places: Vec<u32> = (0..u32::try_from(count).unwrap_or(u32::MAX)).collect();
    let place = |place: u32| usize::try_from(place).unwrap_or(usize::MAX);
    places.sort_unstable_by(|a, b| compare(place(*a), place(*b)).then(a.cmp(b)));
    places
}

/// The items in order; equals keep theirs.
pub(crate) fn sorted<'t, T>(items: &'t [T], compare: &dyn Fn(&T, &T) -> Ordering) -> Vec<&'t T> {
    let item = |place: usize| items.get(place);
    let order = in_order(items.len(), &|a, b| match (item(a), item(b)) {
        (Some(a), Some(b)) => compare(a, b),
        _ => Ordering::Equal,
    });
    let places = order.into_iter().filter_map(|at| usize::try_from(at).ok());
    places.filter_map(item).collect()
}
