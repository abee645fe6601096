use alloc::vec::Vec;
use core::cmp::Ordering;
use core::num::NonZeroU32;

use super::tournament::Tournament;
use super::{Candidate, TeamView};
use crate::bench::Best;
use crate::order::in_order;
use crate::routing::{Routing, SortBy};

/// A team's members in the order in which they take turns, with the best of them at hand.
///
/// "Best" is the smallest class of [`Routing`] among those who are online and below the limit.
#[derive(Debug, Clone)]
pub(crate) struct LineUp {
    pub(crate) routing: Routing,
    /// The members by their place in the order.
    order: Vec<u32>,
    /// The place of each member.
    places: Vec<u32>,
    classes: Tournament,
}

impl LineUp {
    pub(super) fn new(routing: Routing, team: TeamView<'_>) -> Self {
        let member = |at: usize| team.member(u32::try_from(at).ok()?);
        let order = in_order(team.len(), &|a, b| match (member(a), member(b)) {
            (Some(a), Some(b)) => turn_order(routing.order, &a, &b),
            _ => Ordering::Equal,
        });
        let mut places = alloc::vec![0; order.len()];
        for (place, member) in (0..).zip(&order) {
            if let Some(slot) = usize::try_from(*member)
                .ok()
                .and_then(|m| places.get_mut(m))
            {
                *slot = place;
            }
        }
        let classes = Tournament::new(order.iter().map(|member| {
            team.member(*member)
                .map_or(Tournament::OUT, |member| class(&routing, &member))
        }));
        Self {
            routing,
            order,
            places,
            classes,
        }
    }

    pub(super) fn empty(routing: Routing) -> Self {
        Self {
            routing,
            order: Vec::new(),
            places: Vec::new(),
            classes: Tournament::default(),
        }
    }

    /// Takes over what changed about `member`.
    pub(super) fn refresh(&mut self, member: u32, candidate: &Candidate<'_>) {
        let place = usize::try_from(member)
            .ok()
            .and_then(|m| self.places.get(m));
        if let Some(place) = place.and_then(|place| usize::try_from(*place).ok()) {
            self.classes.set(place, class(&self.routing, candidate));
        }
    }

    /// The best; `None` if nobody is eligible.
    pub(crate) fn best(&self) -> Option<Best> {
        let best = self.classes.least()?;
        Some(Best {
            count: NonZeroU32::new(best.count)?,
            class: best.least,
        })
    }

    /// The `k`-th of the best in turn order.
    pub(crate) fn pick(&self, k: u32) -> Option<u32> {
        self.order.get(self.classes.nth_least(k)?).copied()
    }

    /// All of the best, in turn order.
    pub(crate) fn all_best(&self) -> Vec<u32> {
        let Some(best) = self.classes.least() else {
            return Vec::new();
        };
        let all = self.order.iter().zip(self.classes.numbers());
        all.filter(|(_, class)| *class == best.least)
            .map(|(member, _)| *member)
            .collect()
    }
}

fn class(routing: &Routing, candidate: &Candidate<'_>) -> u64 {
    if candidate.online && routing.has_room(candidate.active) {
        routing.class(candidate.active, candidate.total)
    } else {
        Tournament::OUT
    }
}

/// The order in which equals take turns.
pub(crate) fn turn_order(order: SortBy, a: &Candidate<'_>, b: &Candidate<'_>) -> Ordering {
    let first = match order {
        SortBy::Name => a
            .name
            .bytes()
            .map(|byte| byte.to_ascii_lowercase())
            .cmp(b.name.bytes().map(|byte| byte.to_ascii_lowercase())),
        // Whose date is unknown comes last.
        SortBy::CreatedAt => {
            (a.created_at.is_none(), a.created_at).cmp(&(b.created_at.is_none(), b.created_at))
        }
        SortBy::Random => Ordering::Equal,
    };
    first.then_with(|| a.id.cmp(b.id))
}
