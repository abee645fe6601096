use alloc::string::String;
use alloc::vec::Vec;

use super::line_up::LineUp;
use super::{Candidate, Record, Slot, TeamConfig, TenantConfig};
use crate::facts::Hours;
use crate::routing::{Choice, ChoiceSource, Routing};
use crate::{RoutingConfig, TeamId, Timestamp};

/// A team of a roster, with its members in order.
#[derive(Debug, Clone)]
pub(crate) struct Team {
    id: TeamId,
    source: ChoiceSource,
    unknown_strategy: Option<String>,
    pub(crate) config: Option<RoutingConfig>,
    pub(crate) hours: Hours,
    pub(crate) message: Option<String>,
    pub(crate) image: Option<String>,
    is_active: bool,
    is_default: bool,
    created_at: Option<Timestamp>,
    members: Vec<Member>,
    /// The members as the team's own strategy wants them.
    own: LineUp,
    /// The members as the tenant's strategy wants them, in the team that conversations without a
    /// team go to: for those the team's settings do not count.
    tenant_wide: Option<LineUp>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Member {
    /// Place among the roster's agents.
    pub(crate) agent: u32,
    /// Sessions given in the window that the team counts.
    pub(crate) total: u32,
}

/// A team together with the agents its members are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TeamView<'a> {
    pub(super) agents: &'a [Slot],
    pub(super) team: &'a Team,
}

/// What decides which team gets the conversations that have none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    /// The team's id.
    pub id: &'a TeamId,
    /// Only active teams count.
    pub is_active: bool,
    /// Default teams come first.
    pub is_default: bool,
    /// Then the oldest; a team whose date is unknown comes last.
    pub created_at: Option<Timestamp>,
    /// Only teams with members count.
    pub has_members: bool,
}

/// The team that conversations without one go to: the default active team that has members, else
/// the first active team with members, oldest first, ties by id.
pub fn default_team<'a, T>(teams: impl Iterator<Item = (T, Standing<'a>)>) -> Option<T> {
    teams
        .filter(|(_, team)| team.is_active && team.has_members)
        .min_by_key(|(_, team)| {
            (
                !team.is_default,
                team.created_at.is_none(),
                team.created_at,
                team.id,
            )
        })
        .map(|(key, _)| key)
}

impl Team {
    pub(super) fn new(config: TeamConfig, tenant: &TenantConfig) -> Self {
        let choice = Choice::new(config.routing_strategy.as_deref(), tenant.strategy());
        let (source, unknown_strategy) = (choice.source, choice.unknown.map(String::from));
        let routing = Routing::new(choice.strategy, config.routing_config.as_ref());
        let (message, image) = match &config.schedule {
            Some(schedule) => (
                schedule.out_of_office_message.clone(),
                schedule.out_of_office_image.clone(),
            ),
            None => (None, None),
        };
        Self {
            hours: Hours::new(config.schedule.as_ref()),
            id: config.id,
            source,
            unknown_strategy,
            config: config.routing_config,
            message,
            image,
            is_active: config.is_active,
            is_default: config.is_default,
            created_at: config.created_at,
            members: Vec::with_capacity(config.members.len()),
            own: LineUp::empty(routing),
            tenant_wide: None,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn member(&self, member: u32) -> Option<&Member> {
        self.members.get(usize::try_from(member).ok()?)
    }

    pub(super) fn member_mut(&mut self, member: u32) -> Option<&mut Member> {
        self.members.get_mut(usize::try_from(member).ok()?)
    }

    /// The strategy in force in this team, and all that follows from it.
    pub(crate) fn choice(&self) -> (Choice<'_>, Routing) {
        let (routing, source) = (self.own.routing, self.source);
        let unknown = self.unknown_strategy.as_deref();
        (
            Choice {
                strategy: routing.strategy,
                source,
                unknown,
            },
            routing,
        )
    }

    /// The line-up for this routing, if the team keeps one.
    pub(crate) fn line_up(&self, routing: &Routing) -> Option<&LineUp> {
        core::iter::once(&self.own)
            .chain(&self.tenant_wide)
            .find(|line_up| line_up.routing == *routing)
    }

    /// The members as the tenant's strategy wants them, if the team is the one that serves
    /// conversations without a team.
    pub(crate) fn tenant_wide(&self) -> &LineUp {
        self.tenant_wide.as_ref().unwrap_or(&self.own)
    }

    pub(crate) fn own(&self) -> &LineUp {
        &self.own
    }

    pub(crate) fn names_unknown_strategy(&self) -> bool {
        self.unknown_strategy.is_some()
    }

    pub(super) fn standing(&self) -> Standing<'_> {
        Standing {
            id: &self.id,
            is_active: self.is_active,
            is_default: self.is_default,
            created_at: self.created_at,
            has_members: !self.members.is_empty(),
        }
    }

    pub(super) fn push(&mut self, agent: u32, total: u32) {
        self.members.push(Member { agent, total });
    }

    /// Removes a member; the agent who was last and took the place, if another one did.
    pub(super) fn remove(&mut self, member: u32) -> Option<u32> {
        let at = usize::try_from(member)
            .ok()
            .filter(|at| *at < self.members.len())?;
        self.members.swap_remove(at);
        self.members.get(at).map(|moved| moved.agent)
    }

    pub(super) fn refresh(&mut self, member: u32, record: &Record) {
        let Some(total) = self.member(member).map(|member| member.total) else {
            return;
        };
        let candidate = record.candidate(total);
        self.own.refresh(member, &candidate);
        if let Some(tenant_wide) = &mut self.tenant_wide {
            tenant_wide.refresh(member, &candidate);
        }
    }

    pub(super) fn put_in_order(&mut self, agents: &[Slot]) {
        let view = TeamView { agents, team: self };
        let own = LineUp::new(self.own.routing, view);
        let tenant_wide = self
            .tenant_wide
            .as_ref()
            .map(|old| LineUp::new(old.routing, view));
        (self.own, self.tenant_wide) = (own, tenant_wide);
    }

    /// Starts or ends serving conversations without a team.
    pub(super) fn serve_tenant(&mut self, serve: bool, tenant: &TenantConfig, agents: &[Slot]) {
        let routing = Routing::new(Choice::new(None, tenant.strategy()).strategy, None);
        self.tenant_wide = (serve && routing != self.own.routing)
            .then(|| LineUp::new(routing, TeamView { agents, team: self }));
    }
}

impl<'a> TeamView<'a> {
    pub(crate) fn len(self) -> usize {
        self.team.len()
    }

    pub(crate) fn member(self, member: u32) -> Option<Candidate<'a>> {
        let member = self.team.member(member)?;
        let slot = self.agents.get(usize::try_from(member.agent).ok()?)?;
        Some(slot.agent.as_ref()?.candidate(member.total))
    }
}

impl Record {
    fn candidate(&self, total: u32) -> Candidate<'_> {
        Candidate {
            id: &self.id,
            name: &self.name,
            created_at: self.created_at,
            online: self.online,
            active: self.active,
            total,
        }
    }
}

impl TenantConfig {
    /// The tenant's strategy, if its configuration is enabled and names one.
    #[must_use]
    pub fn strategy(&self) -> Option<&str> {
        self.strategy.as_deref().filter(|_| self.enabled)
    }

    /// What to do when nobody can take a conversation, by the enabled configuration.
    #[must_use]
    pub fn no_agent_policy(&self) -> crate::NoAgentPolicy {
        if self.enabled {
            self.settings.waterfall.clone()
        } else {
            crate::NoAgentPolicy::default()
        }
    }

    /// The out-of-office message of teams without one, by the enabled configuration.
    #[must_use]
    pub fn out_of_office_message(&self) -> Option<&str> {
        self.settings
            .out_of_office_message
            .as_deref()
            .filter(|_| self.enabled)
    }
}
