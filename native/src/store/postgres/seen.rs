use std::collections::BTreeMap;

use assignment_engine_core::{AgentId, Session, TenantId};
use tokio_postgres::Row;

use super::claim::Wanted;
use super::error::of_driver;
use super::row;
use crate::store::claim::{Verdict, View};
use crate::store::{Claim, Refusal, StoreError};

/// What a transaction sees under its locks.
pub(super) struct Seen {
    /// Its number, by which the server knows later what has become of it.
    pub(super) transaction: i64,
    /// The agents there are, and whose they are.
    agents: BTreeMap<String, String>,
    sessions: BTreeMap<String, Session>,
    active: BTreeMap<String, u32>,
    fences: BTreeMap<String, (u64, AgentId)>,
}

impl Seen {
    pub(super) fn read(
        agents: &[Row],
        sessions: &[Row],
        active: &[Row],
        fences: &[Row],
    ) -> Result<Self, StoreError> {
        let pair = |row: &Row| Ok((row.try_get(0)?, row.try_get(1)?));
        let transaction = agents.first().map_or(Ok(0), |row| row.try_get(2));
        let agents: Result<_, tokio_postgres::Error> = agents.iter().map(pair).collect();
        let active = active.iter().map(|row| {
            let count: i64 = row.try_get(1)?;
            Ok((row.try_get(0)?, u32::try_from(count).unwrap_or(u32::MAX)))
        });
        let active: Result<_, tokio_postgres::Error> = active.collect();
        let sessions = sessions.iter().map(|row| {
            let session = row::session(row)?;
            Ok((session.id.to_string(), session))
        });
        let fences = fences.iter().map(row::fence);
        Ok(Self {
            transaction: transaction.map_err(|failure| of_driver(&failure))?,
            agents: agents.map_err(|failure| of_driver(&failure))?,
            sessions: sessions.collect::<Result<_, StoreError>>()?,
            active: active.map_err(|failure| of_driver(&failure))?,
            fences: fences.collect::<Result<_, StoreError>>()?,
        })
    }

    /// The answers, those to what is granted being the sessions as they are still, and the places
    /// of the latter.
    pub(super) fn judge(mut self, wanted: &[Wanted<'_>]) -> (Vec<Claim>, Vec<usize>) {
        let (mut claims, mut granted) = (Vec::with_capacity(wanted.len()), Vec::new());
        for (at, one) in wanted.iter().enumerate() {
            let session = self.sessions.get(&one.session);
            let view = View {
                session,
                fenced: self
                    .fences
                    .get(&one.session)
                    .map(|(token, agent)| (*token, agent)),
                active: session.and_then(|session| self.active_in(&session.tenant_id, &one.agent)),
            };
            claims.push(match (view.judge(&one.agent, &one.expected), session) {
                (Verdict::Refuse(refusal), _) => Claim::Refused(refusal),
                (_, None) => Claim::Refused(Refusal::SessionGone),
                (Verdict::Repeat, Some(session)) => Claim::Claimed(session.clone()),
                (Verdict::Grant, Some(session)) => {
                    granted.push(at);
                    let claim = Claim::Claimed(session.clone());
                    // What follows in this transaction has to count it.
                    if let Some(count) = one
                        .expected
                        .owner
                        .as_ref()
                        .and_then(|owner| self.active.get_mut(owner.as_str()))
                    {
                        *count = count.saturating_sub(1);
                    }
                    *self.active.entry(one.agent.to_string()).or_default() += 1;
                    claim
                }
            });
        }
        (claims, granted)
    }

    fn active_in(&self, tenant: &TenantId, agent: &AgentId) -> Option<u32> {
        let home = self.agents.get(agent.as_str())?;
        let active = self.active.get(agent.as_str()).copied().unwrap_or(0);
        (home == tenant.as_str()).then_some(active)
    }
}
