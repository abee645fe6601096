use std::sync::{Arc, OnceLock};

use assignment_engine_core::{
    Agent, Failure, Need, NoAgentPolicy, Request, RuleAnswer, ScheduleFact, Strategy, StrategyFact,
    TeamConfig, TeamId, TenantId, default_team,
};

use crate::driver::{Answered, BoxFuture, FactSource};
use crate::store::{Counts, SessionStore, StoreError};

/// Answers for a host's own rules.
pub trait HostRules: Send + Sync {
    /// What the rule says; `need` is [`Need::Rule`] and names it. A failure ends the run with the
    /// outcome `error`.
    fn answer<'a>(
        &'a self,
        request: &'a Request,
        need: &'a Need,
    ) -> BoxFuture<'a, Result<RuleAnswer, Failure>>;
}

/// The store as the engine asks it: one question at a time, and only what it needs.
pub(super) struct StoredFacts<'s> {
    pub(super) store: &'s dyn SessionStore,
    pub(super) host_rules: Option<&'s Arc<dyn HostRules>>,
    /// Whether anybody compares how many sessions agents were given, once the strategy is known.
    pub(super) compares_totals: OnceLock<bool>,
}

impl FactSource for StoredFacts<'_> {
    fn schedule<'a>(&'a self, request: &'a Request) -> Answered<'a, ScheduleFact> {
        Box::pin(async {
            let team = self.team(request).await?;
            let tenant = self.store.tenant(&request.session.tenant_id).await?;
            Ok(ScheduleFact {
                schedule: team.and_then(|team| team.schedule),
                availability: None,
                tenant_message: tenant.out_of_office_message().map(Into::into),
            })
        })
    }

    fn contact_assigned<'a>(&'a self, request: &'a Request) -> Answered<'a, bool> {
        let session = &request.session;
        Box::pin(async {
            let Some(contact) = &session.contact_id else {
                return Ok(false);
            };
            let (tenant, id) = (&session.tenant_id, &session.id);
            Ok(self
                .store
                .contact_has_assigned_session(tenant, contact, id)
                .await?)
        })
    }

    fn strategy<'a>(&'a self, request: &'a Request) -> Answered<'a, StrategyFact> {
        Box::pin(async {
            let team = self.team(request).await?;
            let tenant = self.store.tenant(&request.session.tenant_id).await?;
            let tenant_strategy = tenant.strategy().map(Into::into);
            let fact = match team {
                None => StrategyFact {
                    tenant_strategy,
                    ..StrategyFact::default()
                },
                Some(team) => StrategyFact {
                    team_strategy: team.routing_strategy,
                    tenant_strategy,
                    config: team.routing_config,
                    time_zone: team.schedule.and_then(|schedule| schedule.timezone),
                },
            };
            self.compares_totals.get_or_init(|| compares_totals(&fact));
            Ok(fact)
        })
    }

    fn agents<'a>(&'a self, request: &'a Request, need: &'a Need) -> Answered<'a, Vec<Agent>> {
        Box::pin(async {
            let counts = match need {
                Need::Agents {
                    counts_since: Some(since),
                    ..
                } => Counts::Since(*since),
                _ => self.counts_of_all_time(),
            };
            let session = &request.session;
            // A team of another tenant has no members for this session.
            let team = match &session.assigned_team_id {
                Some(_) => self.team(request).await?,
                None => default_team_of(self.store, &session.tenant_id).await?,
            };
            match team {
                Some(team) => Ok(self.store.members(&team.id, counts).await?),
                None => Ok(Vec::new()),
            }
        })
    }

    fn no_agent_policy<'a>(&'a self, request: &'a Request) -> Answered<'a, NoAgentPolicy> {
        Box::pin(async {
            Ok(self
                .store
                .tenant(&request.session.tenant_id)
                .await?
                .no_agent_policy())
        })
    }

    fn rule<'a>(&'a self, request: &'a Request, need: &'a Need) -> Answered<'a, RuleAnswer> {
        match self.host_rules {
            Some(rules) => rules.answer(request, need),
            None => Box::pin(async {
                let message = "the service was given no answers for rules of the host".into();
                Err(Failure {
                    code: "unknown_rule".into(),
                    message,
                })
            }),
        }
    }
}

impl StoredFacts<'_> {
    /// Histories are long, so they are counted only if somebody may look: a strategy that compares
    /// them, or a rule of the host that may still choose such a one.
    fn counts_of_all_time(&self) -> Counts {
        let compared = self.compares_totals.get().copied().unwrap_or(false);
        if compared || self.host_rules.is_some() {
            Counts::Ever
        } else {
            Counts::None
        }
    }

    /// The session's team, if it belongs to the session's tenant.
    async fn team(&self, request: &Request) -> Result<Option<TeamConfig>, StoreError> {
        let Some(id) = &request.session.assigned_team_id else {
            return Ok(None);
        };
        team_of(self.store, &request.session.tenant_id, id).await
    }
}

fn compares_totals(fact: &StrategyFact) -> bool {
    let named = |name: &Option<String>| name.clone().filter(|name| !name.is_empty());
    let name = named(&fact.team_strategy).or_else(|| named(&fact.tenant_strategy));
    let strategy = name.and_then(|name| Strategy::named(&name));
    matches!(strategy, Some(Strategy::LeastAssigned | Strategy::Hybrid))
}

pub(super) async fn team_of(
    store: &dyn SessionStore,
    tenant: &TenantId,
    id: &TeamId,
) -> Result<Option<TeamConfig>, StoreError> {
    let found = store.team(id).await?;
    Ok(found
        .filter(|(owner, _)| owner == tenant)
        .map(|(_, team)| team))
}

/// The team that the tenant's sessions without one go to, if any has members.
pub(super) async fn default_team_of(
    store: &dyn SessionStore,
    tenant: &TenantId,
) -> Result<Option<TeamConfig>, StoreError> {
    let teams = store.teams(tenant).await?;
    Ok(default_team(teams.iter().map(|team| (team, team.standing()))).cloned())
}
