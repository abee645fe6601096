use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use assignment_engine_core::{
    AgentStatus, ContactId, IdError, Session, SessionId, SessionStatus, TenantId, Timestamp,
};
use serde_json::Map;

use super::story::{self, EVENTS, Event, TOLD_IN_FULL};
use super::{failed, why};
use crate::cli::error::CommandError;
use crate::{AssignmentService, InMemorySessionStore, Outbox};

/// One line of the table.
#[derive(Debug, Default)]
pub(super) struct Row {
    pub(super) time: String,
    pub(super) chat: String,
    pub(super) from: String,
    pub(super) team: String,
    pub(super) to: String,
    pub(super) why: String,
}

/// The morning, played through the real service with a store, a rotation and a clock in memory.
pub(super) struct Morning {
    service: AssignmentService,
    store: Arc<InMemorySessionStore>,
    outbox: Arc<Outbox>,
    clock: Arc<AtomicI64>,
    tenant: TenantId,
    chats: u32,
    messages: usize,
    pub(super) rows: Vec<Row>,
    pub(super) told_in_full: Vec<String>,
}

impl Morning {
    /// Plays it from the first event to the last.
    ///
    /// # Errors
    /// [`CommandError`] if the story makes no sense.
    pub(super) async fn play() -> Result<Self, CommandError> {
        let mut morning = Self::before().map_err(failed)?;
        for (at, event) in EVENTS {
            let now = Timestamp::parse(at).unwrap_or(Timestamp::EPOCH);
            morning.clock.store(now.as_millisecond(), Ordering::Relaxed);
            morning.happens(now, event).await?;
        }
        Ok(morning)
    }

    /// What it came to.
    pub(super) fn summary(&self) -> String {
        let sessions = self.store.sessions();
        let waiting = sessions
            .iter()
            .filter(|session| session.status == SessionStatus::Unassigned)
            .count();
        format!(
            "{} chats: {} given to an agent, {waiting} still waiting. {} contacts were told that it takes a while.",
            sessions.len(),
            sessions.len() - waiting,
            self.messages,
        )
    }

    fn before() -> Result<Self, IdError> {
        let store = Arc::new(InMemorySessionStore::new());
        let tenant = story::tenant()?;
        for team in story::teams()? {
            store.put_team(tenant.clone(), team);
        }
        for agent in story::agents()? {
            store.put_agent(agent);
        }
        let clock = Arc::new(AtomicI64::new(0));
        let outbox = Arc::new(Outbox::default());
        let hands = Arc::clone(&clock);
        let time = move || {
            let now = hands.load(Ordering::Relaxed);
            Timestamp::from_millisecond(now).unwrap_or(Timestamp::EPOCH)
        };
        let service = AssignmentService::new(store.clone())
            .with_messenger(outbox.clone())
            .with_clock(Arc::new(time))
            .with_trace();
        Ok(Self {
            service,
            store,
            outbox,
            clock,
            tenant,
            chats: 0,
            messages: 0,
            rows: Vec::new(),
            told_in_full: Vec::new(),
        })
    }

    async fn happens(&mut self, now: Timestamp, event: Event) -> Result<(), CommandError> {
        let happened = match event {
            Event::Writes(contact, team) => return self.writes(now, contact, team).await,
            Event::Opens(team) => format!("{team} opens"),
            Event::Finishes(agent, contact) => {
                let mut sessions = self.store.sessions().into_iter();
                let done = sessions.find(|session| self.has(session, agent, contact));
                if let Some(session) = done {
                    self.store.resolve(&session.id);
                }
                format!("{agent} is done with {contact}")
            }
            Event::Comes(agent) => {
                self.set_status(agent, AgentStatus::Online)?;
                format!("{agent} comes online")
            }
            Event::Goes(agent) => {
                self.set_status(agent, AgentStatus::Offline)?;
                format!("{agent} goes home")
            }
        };
        self.rows.push(Row {
            time: why::clock_time(now),
            why: format!("— {happened}"),
            ..Row::default()
        });
        self.try_queue(now).await
    }

    /// A new chat: the contact is handed over to people.
    async fn writes(
        &mut self,
        now: Timestamp,
        contact: &'static str,
        team: Option<&'static str>,
    ) -> Result<(), CommandError> {
        self.chats += 1;
        let id = SessionId::new(format!("chat-{:02}", self.chats)).map_err(failed)?;
        self.store.put_session(Session {
            contact_id: Some(ContactId::new(contact).map_err(failed)?),
            created_at: Some(now),
            ..Session::new(id.clone(), self.tenant.clone())
        });
        let team_id = team.map(str::to_lowercase);
        let handover = self
            .service
            .request_assignment(&id, team_id.as_deref(), Map::new())
            .await
            .map_err(failed)?;
        let told = !self.outbox.take().is_empty();
        self.messages += usize::from(told);
        let decision = handover.decision;
        let talks_to = self.talks_to(contact);
        let mut reason = why::why(&decision, contact, talks_to.as_deref(), now);
        if told {
            reason.push_str(&format!("; {contact} is told"));
        }
        if team.is_none() {
            reason = format!("default team; {reason}");
        }
        let row = self.row(&handover.session, reason);
        self.rows.push(Row {
            time: why::clock_time(now),
            ..row
        });
        if contact == TOLD_IN_FULL {
            self.told_in_full = decision.explain();
        }
        Ok(())
    }

    /// What a service does when somebody comes online or has room again, and every ten seconds.
    async fn try_queue(&mut self, now: Timestamp) -> Result<(), CommandError> {
        let waiting = |session: &Session| session.status == SessionStatus::Unassigned;
        let before = self.store.sessions();
        let before = before.iter().filter(|session| waiting(session));
        self.service
            .assign_queued_sessions_to_available_agents(&self.tenant, None, None)
            .await
            .map_err(failed)?;
        let after = self.store.sessions();
        for old in before {
            let found = after.iter().find(|session| session.id == old.id);
            if let Some(session) = found.filter(|session| !waiting(session)) {
                let row = self.row(session, why::waited(session, now));
                self.rows.push(row);
            }
        }
        Ok(())
    }

    /// The agent who has a chat of this contact.
    fn talks_to(&self, contact: &str) -> Option<String> {
        let sessions = self.store.sessions();
        let mut owners = sessions
            .iter()
            .filter_map(|session| Some((session, session.assigned_agent_id.as_ref()?.as_str())));
        let (_, agent) = owners.find(|(session, agent)| self.has(session, agent, contact))?;
        Some(story::spelled(agent))
    }

    fn row(&self, session: &Session, why: String) -> Row {
        let contact = session.contact_id.as_ref();
        let number = session.id.as_str().trim_start_matches("chat-");
        let team = session.assigned_team_id.as_ref();
        let to = match &session.assigned_agent_id {
            Some(agent) => story::spelled(agent.as_str()),
            None => "waits".into(),
        };
        Row {
            time: String::new(),
            chat: number.trim_start_matches('0').into(),
            from: contact.map_or_else(String::new, ToString::to_string),
            team: team.map_or_else(String::new, |team| story::spelled(team.as_str())),
            to,
            why,
        }
    }

    fn has(&self, session: &Session, agent: &str, contact: &str) -> bool {
        let owner = session.assigned_agent_id.as_ref();
        session.status == SessionStatus::Assigned
            && owner.is_some_and(|owner| owner.as_str() == agent.to_lowercase())
            && session
                .contact_id
                .as_ref()
                .is_some_and(|id| id.as_str() == contact)
    }

    fn set_status(&self, agent: &str, status: AgentStatus) -> Result<(), CommandError> {
        let agent = story::agent_id(agent).map_err(failed)?;
        self.store.set_status(&agent, status);
        Ok(())
    }
}
