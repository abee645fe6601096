//! The eligible agents of a run: looked up where they are kept, never copied.

use alloc::collections::BTreeSet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::num::NonZeroU32;

use crate::order::sorted;
use crate::roster::{Candidate, LineUp, turn_order};
use crate::routing::Routing;
use crate::run::Context;
use crate::{AgentHandle, AgentId};

/// Who is eligible.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bench {
    /// All members of this team of the roster who are online and below the limit; the team's
    /// line-up has the best of them at hand.
    LineUp { team: u32 },
    /// These members, by their place in the team of the roster or in the list of agents given.
    Listed { source: Source, members: Arc<[u32]> },
}

/// Where agents are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// In this team of the roster.
    Roster { team: u32 },
    /// In the list that was given as a fact or as an answer.
    Given,
}

/// The best of the eligible: how many are equally good, and their class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Best {
    pub(crate) count: NonZeroU32,
    pub(crate) class: u64,
}

impl Source {
    pub(crate) fn len(self, context: &Context<'_>) -> u32 {
        let len = match self {
            Self::Roster { team } => context
                .roster
                .and_then(|roster| roster.view(team))
                .map_or(0, |view| view.len()),
            Self::Given => context.given_agents().map_or(0, <[_]>::len),
        };
        u32::try_from(len).unwrap_or(u32::MAX)
    }

    pub(crate) fn get<'a>(self, context: &Context<'a>, member: u32) -> Option<Candidate<'a>> {
        match self {
            Self::Roster { team } => context.roster?.view(team)?.member(member),
            Self::Given => context
                .given_agents()?
                .get(usize::try_from(member).ok()?)
                .map(Candidate::from),
        }
    }

    fn handle(self, context: &Context<'_>, member: u32) -> Option<AgentHandle> {
        match self {
            Self::Roster { team } => context.roster?.handle_of(team, member),
            Self::Given => None,
        }
    }

    /// All agents kept there, with their places.
    pub(crate) fn iter<'a, 'c>(
        self,
        context: &'c Context<'a>,
    ) -> impl Iterator<Item = (u32, Candidate<'a>)> + use<'a, 'c> {
        (0..self.len(context)).filter_map(move |at| Some((at, self.get(context, at)?)))
    }
}

impl Bench {
    pub(crate) fn source(&self) -> Source {
        match self {
            Self::LineUp { team } => Source::Roster { team: *team },
            Self::Listed { source, .. } => *source,
        }
    }

    /// The best under `routing`; `None` if nobody is eligible.
    pub(crate) fn best(&self, context: &Context<'_>, routing: &Routing) -> Option<Best> {
        match self {
            Self::LineUp { team } => context.roster?.team_at(*team)?.line_up(routing)?.best(),
            Self::Listed { source, members } => {
                let classes = members.iter().filter_map(|member| {
                    let agent = source.get(context, *member)?;
                    Some(routing.class(agent.active, agent.total))
                });
                let (class, count) =
                    classes.fold((u64::MAX, 0), |(least, count), class| {
                        match class.cmp(&least) {
                            core::cmp::Ordering::Less => (class, 1),
                            core::cmp::Ordering::Equal => (least, count + 1),
                            core::cmp::Ordering::Greater => (least, count),
                        }
                    });
                Some(Best {
                    count: NonZeroU32::new(count)?,
                    class,
                })
            }
        }
    }

    /// The `index`-th of the best in turn order.
    pub(crate) fn pick(
        &self,
        context: &Context<'_>,
        routing: &Routing,
        best: Best,
        index: u32,
    ) -> Option<u32> {
        match self {
            Self::LineUp { team } => context
                .roster?
                .team_at(*team)?
                .line_up(routing)?
                .pick(index),
            Self::Listed { source, members } => {
                let mut ties = equals(context, *source, members, routing, best);
                let index = usize::try_from(index)
                    .ok()
                    .filter(|index| *index < ties.len())?;
                let (_, picked, _) = ties.select_nth_unstable_by(index, |(_, a), (_, b)| {
                    turn_order(routing.order, a, b)
                });
                Some(picked.0)
            }
        }
    }

    /// All of the best, in turn order.
    pub(crate) fn ties(&self, context: &Context<'_>, routing: &Routing, best: Best) -> Vec<u32> {
        match self {
            Self::LineUp { team } => context
                .roster
                .and_then(|roster| roster.team_at(*team)?.line_up(routing))
                .map_or_else(Vec::new, LineUp::all_best),
            Self::Listed { source, members } => {
                let ties = equals(context, *source, members, routing, best);
                let in_turn = sorted(&ties, &|(_, a), (_, b)| turn_order(routing.order, a, b));
                in_turn.into_iter().map(|(member, _)| *member).collect()
            }
        }
    }

    pub(crate) fn handle(&self, context: &Context<'_>, member: u32) -> Option<AgentHandle> {
        self.source().handle(context, member)
    }

    /// The places of the eligible. In a line-up they are those who are online and have room.
    pub(crate) fn members(&self, context: &Context<'_>, routing: &Routing) -> Vec<u32> {
        match self {
            Self::LineUp { .. } => self
                .source()
                .iter(context)
                .filter(|(_, agent)| agent.online && routing.has_room(agent.active))
                .map(|(at, _)| at)
                .collect(),
            Self::Listed { members, .. } => members.to_vec(),
        }
    }

    /// The ids of the eligible, in order.
    pub(crate) fn ids(&self, context: &Context<'_>, routing: &Routing) -> Vec<AgentId> {
        let source = self.source();
        let members = self.members(context, routing);
        let ids: Vec<&AgentId> = members
            .into_iter()
            .filter_map(|member| Some(source.get(context, member)?.id))
            .collect();
        let ids = sorted(&ids, &|a, b| a.cmp(b));
        ids.into_iter().map(|id| (*id).clone()).collect()
    }

    /// A line-up kept for another routing than this one is turned into a list of its members.
    pub(crate) fn for_routing(self, context: &Context<'_>, old: &Routing, new: &Routing) -> Self {
        match self {
            Self::LineUp { team } if old != new => {
                let members = self.members(context, old);
                Self::Listed {
                    source: Source::Roster { team },
                    members: members.into(),
                }
            }
            bench => bench,
        }
    }

    /// Only those of the eligible who are in `keep`; second, those who are not.
    pub(crate) fn narrowed(
        &self,
        context: &Context<'_>,
        routing: &Routing,
        keep: &[AgentId],
    ) -> (Self, Vec<u32>) {
        let source = self.source();
        let mut kept = BTreeSet::new();
        kept.extend(keep.iter().map(AgentId::as_str));
        let (members, removed) = self
            .members(context, routing)
            .into_iter()
            .partition(|member| {
                source
                    .get(context, *member)
                    .is_some_and(|a| kept.contains(a.id.as_str()))
            });
        let members: Vec<u32> = members;
        (
            Self::Listed {
                source,
                members: members.into(),
            },
            removed,
        )
    }
}

/// Those of the members who are as good as the best, in no order.
fn equals<'a>(
    context: &Context<'a>,
    source: Source,
    members: &[u32],
    routing: &Routing,
    best: Best,
) -> Vec<(u32, Candidate<'a>)> {
    members
        .iter()
        .filter_map(|member| Some((*member, source.get(context, *member)?)))
        .filter(|(_, agent)| routing.class(agent.active, agent.total) == best.class)
        .collect()
}
