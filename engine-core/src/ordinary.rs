//! The ordinary course of a decision on a resident roster, without a run.
//!
//! Most conversations come while their team is open, for a contact who is free, to a team that
//! chooses by itself and has somebody to give. Then a decision is two numbers: how many agents are
//! equally good, and which of them has the turn. Where keeping a [`crate::Request`] and a run for
//! that would cost more than the decision (across the border of a WebAssembly module, in a queue of
//! thousands), these two functions are the whole of it. Whatever is out of the ordinary they do not
//! know: they answer `None`, and the engine goes the whole way.

use core::num::NonZeroU32;

use crate::facts::Hours;
use crate::roster::LineUp;
use crate::routing::Choice;
use crate::{AgentHandle, Engine, Roster, Rotation, Strategy, TeamId, Timestamp};

/// A team of a roster, or the one that serves conversations without a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TeamPlace {
    /// The team at this place; teams keep theirs for as long as the roster lives.
    Team(u32),
    /// Whichever team serves conversations without one.
    Default,
}

/// What the ordinary course needs: whose turn is it among these?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ordinary {
    /// How many agents are equally good.
    pub candidate_count: NonZeroU32,
    /// The limit they are chosen under, which whoever stores the assignment must hold.
    pub limit: Option<NonZeroU32>,
    /// While the roster does not change, this holds until then, that instant excluded.
    pub until: Timestamp,
}

impl Engine {
    /// What a run would come to for a session of this team at `now` whose contact is free, which
    /// nothing forces and which excludes nobody: the question for the rotation's index, which
    /// [`Roster::ordinary_pick`] then turns into an agent. The outcome is `assign`, by the selector,
    /// with the reason `selected`, without effects or warnings.
    ///
    /// `None` if that is not how a run would end: the team is unknown, closed, or takes
    /// conversations by hand, its strategy does not exist, its equals
    /// take turns by another rotation than the counter, nobody is eligible, or the rules are not
    /// the standard ones. Then start a run.
    #[must_use]
    pub fn ordinary(&self, roster: &Roster, team: TeamPlace, now: Timestamp) -> Option<Ordinary> {
        if !self.pipeline().is_standard() {
            return None;
        }
        roster.ordinary(team, now)
    }
}

impl Roster {
    /// Where the team of that id is; without one, where conversations without a team go.
    #[must_use]
    pub fn team_place(&self, id: Option<&TeamId>) -> Option<TeamPlace> {
        match id {
            Some(_) => self.team_for(id).map(TeamPlace::Team),
            None => Some(TeamPlace::Default),
        }
    }

    /// The agent whom a run would choose with `index`, below [`Ordinary::candidate_count`]. `None`
    /// if the roster has changed since so that there are not so many any more: ask
    /// [`Engine::ordinary`] again, and take the index modulo the count.
    #[must_use]
    pub fn ordinary_pick(&self, team: TeamPlace, index: u32) -> Option<AgentHandle> {
        let (team, line_up) = self.ordinary_line_up(team)?;
        self.handle_of(team, line_up.pick(index)?)
    }

    /// The ordinary course for one session of a team for which [`Engine::ordinary`] has said that it
    /// is open: `next_index` takes a turn of the team's counter, and whom that means is assigned.
    /// `None`, and no turn taken, if nobody is eligible any more.
    pub fn ordinary_assign(
        &mut self,
        team: TeamPlace,
        next_index: impl FnOnce(NonZeroU32) -> Option<u32>,
    ) -> Option<AgentHandle> {
        let count = self.ordinary_line_up(team)?.1.best()?.count;
        let agent = self.ordinary_pick(team, next_index(count)?)?;
        self.assigned(agent).ok()?;
        Some(agent)
    }

    fn ordinary(&self, place: TeamPlace, now: Timestamp) -> Option<Ordinary> {
        let (team, line_up) = self.ordinary_line_up(place)?;
        let team = self.team_at(team)?;
        // Opening hours and the team's own choice of a strategy are those of its sessions only.
        let (unknown, until) = match place {
            TeamPlace::Team(_) => (team.names_unknown_strategy(), open_until(&team.hours, now)?),
            TeamPlace::Default => {
                let choice = Choice::new(None, self.tenant().strategy());
                (choice.unknown.is_some(), Timestamp::LAST)
            }
        };
        let routing = &line_up.routing;
        if unknown || routing.strategy == Strategy::Manual || routing.rotation != Rotation::Counter
        {
            return None;
        }
        Some(Ordinary {
            candidate_count: line_up.best()?.count,
            limit: line_up.routing.limit,
            until,
        })
    }

    fn ordinary_line_up(&self, place: TeamPlace) -> Option<(u32, &LineUp)> {
        match place {
            TeamPlace::Team(at) => Some((at, self.team_at(at)?.own())),
            TeamPlace::Default => {
                let at = self.default_team()?;
                Some((at, self.team_at(at)?.tenant_wide()))
            }
        }
    }
}

fn open_until(hours: &Hours, now: Timestamp) -> Option<Timestamp> {
    match hours {
        Hours::None | Hours::Disabled => Some(Timestamp::LAST),
        Hours::Weekly(schedule) => schedule.open_until(now),
        Hours::Unusable(_) => None,
    }
}
