//! Rows as the engine's own types. What a row holds was written by others: it is checked, and a
//! row that cannot be read is an error with its table, its id and what is wrong.

use assignment_engine_core::{
    Agent, AgentId, AgentStatus, IdError, Session, SessionStatus, TeamConfig, TenantConfig,
    TenantId, Timestamp,
};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::error::{error, of_driver};
use crate::observe;
use crate::store::StoreError;

/// The columns of one row, one after the other.
struct Columns<'r> {
    row: &'r Row,
    at: usize,
    table: &'static str,
    id: String,
}

impl<'r> Columns<'r> {
    fn of(row: &'r Row, table: &'static str) -> Result<Self, StoreError> {
        let mut columns = Self {
            row,
            at: 0,
            table,
            id: String::new(),
        };
        columns.id = columns.next()?;
        columns.at = 0;
        Ok(columns)
    }

    fn next<T: FromSql<'r>>(&mut self) -> Result<T, StoreError> {
        let value = self.row.try_get(self.at);
        self.at += 1;
        value.map_err(|failure| of_driver(&failure))
    }

    fn id<T>(&mut self) -> Result<T, StoreError>
    where
        T: for<'a> TryFrom<&'a str, Error = IdError>,
    {
        let text: &str = self.next()?;
        T::try_from(text).map_err(|why| self.bad(&why.to_string()))
    }

    fn optional_id<T>(&mut self) -> Result<Option<T>, StoreError>
    where
        T: for<'a> TryFrom<&'a str, Error = IdError>,
    {
        let text: Option<&str> = self.next()?;
        let id = text.map(T::try_from).transpose();
        id.map_err(|why| self.bad(&why.to_string()))
    }

    fn instant(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let milliseconds: Option<i64> = self.next()?;
        Ok(milliseconds.and_then(Timestamp::from_millisecond))
    }

    fn count(&mut self) -> Result<u32, StoreError> {
        let count: i64 = self.next()?;
        Ok(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// A column of JSON, of which only the entries named are ours: the host may keep more there.
    fn settings<T: DeserializeOwned>(&mut self, ours: &[&str]) -> Result<Option<T>, StoreError> {
        let text: Option<&str> = self.next()?;
        let Some(text) = text else { return Ok(None) };
        let value = serde_json::from_str(text).map_err(|_| self.bad("it holds no JSON"))?;
        let value = match value {
            Value::Null => return Ok(None),
            Value::Object(mut entries) => {
                entries.retain(|name, _| ours.contains(&name.as_str()));
                Value::Object(entries)
            }
            other => other,
        };
        let settings = serde_path_to_error::deserialize(value);
        settings.map_err(|why| self.bad(&why.to_string()))
    }

    fn bad(&self, why: &str) -> StoreError {
        let (table, column) = (self.table, self.at.saturating_sub(1));
        let (id, why) = (observe::printable(&self.id), observe::printable(why));
        error(
            "invalid_row",
            format!("column {column} of the row `{id}` of {table} cannot be read: {why}"),
        )
    }
}

pub(super) fn session(row: &Row) -> Result<Session, StoreError> {
    let mut columns = Columns::of(row, "sessions")?;
    Ok(Session {
        id: columns.id()?,
        tenant_id: columns.id()?,
        contact_id: columns.optional_id()?,
        status: match columns.next()? {
            "unassigned" => SessionStatus::Unassigned,
            "assigned" => SessionStatus::Assigned,
            "resolved" => SessionStatus::Resolved,
            _ => return Err(columns.bad("there is no such status")),
        },
        assigned_agent_id: columns.optional_id()?,
        assigned_team_id: columns.optional_id()?,
        priority: columns.next::<Option<i64>>()?.unwrap_or_default(),
        channel: columns.next()?,
        context: match columns.next::<Option<&str>>()?.map(serde_json::from_str) {
            None => None,
            Some(Ok(Value::Object(context))) => Some(context),
            // The contract says object or null; what is neither holds nothing for us.
            Some(Ok(_)) => None,
            Some(Err(_)) => return Err(columns.bad("its JSON has a number beyond all bounds")),
        },
        assigned_at: columns.instant()?,
        accepted_at: columns.instant()?,
        created_at: columns.instant()?,
        updated_at: columns.instant()?,
        last_message_at: columns.instant()?,
    })
}

pub(super) fn team(row: &Row) -> Result<(TenantId, TeamConfig), StoreError> {
    let mut columns = Columns::of(row, "teams")?;
    let id = columns.id()?;
    let tenant = columns.id()?;
    let team = TeamConfig {
        id,
        name: columns.next()?,
        is_active: columns.next()?,
        is_default: columns.next()?,
        created_at: columns.instant()?,
        routing_strategy: columns.next()?,
        routing_config: columns.settings(&["sortBy", "timeWindow", "priority", "maxLoad"])?,
        schedule: columns.settings(&[
            "enabled",
            "timezone",
            "days",
            "outOfOfficeMessage",
            "outOfOfficeImage",
        ])?,
        members: {
            let members: Vec<&str> = columns.next()?;
            let members = members.into_iter().map(AgentId::try_from);
            let members: Result<_, _> = members.collect();
            members.map_err(|why| columns.bad(&why.to_string()))?
        },
    };
    Ok((tenant, team))
}

pub(super) fn member(row: &Row) -> Result<Agent, StoreError> {
    let mut columns = Columns::of(row, "users")?;
    Ok(Agent {
        id: columns.id()?,
        name: columns.next()?,
        status: AgentStatus::from(columns.next::<&str>()?),
        created_at: columns.instant()?,
        active: columns.count()?,
        total: columns.count()?,
    })
}

/// The last token of a session.
pub(super) fn fence(row: &Row) -> Result<(String, (u64, AgentId)), StoreError> {
    let mut columns = Columns::of(row, "assignment_claims")?;
    let session = columns.next()?;
    let token: i64 = columns.next()?;
    Ok((session, (u64::try_from(token).unwrap_or(0), columns.id()?)))
}

pub(super) fn tenant(row: &Row) -> Result<TenantConfig, StoreError> {
    let mut columns = Columns {
        row,
        at: 0,
        table: "assignment_configs",
        id: String::new(),
    };
    let enabled = columns.next()?;
    let strategy = columns.next()?;
    let settings: Option<Map<String, Value>> =
        columns.settings(&["waterfall", "outOfOfficeMessage"])?;
    let mut settings = settings.unwrap_or_default();
    if let Some(Value::Object(waterfall)) = settings.get_mut("waterfall") {
        waterfall.retain(|name, _| matches!(name.as_str(), "noAgentAction" | "noAgentMessage"));
    }
    settings.retain(|_, value| !value.is_null());
    let settings = serde_path_to_error::deserialize(Value::Object(settings));
    Ok(TenantConfig {
        enabled,
        strategy,
        settings: settings.map_err(|why| columns.bad(&why.to_string()))?,
    })
}
