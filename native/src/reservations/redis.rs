use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use assignment_engine_core::limits::MAX_RESERVE_CANDIDATES;
use assignment_engine_core::{
    AgentId, Criterion, ReservationTerms, ReserveCandidate, ReserveRequest, Reserved, SessionId,
    TenantId,
};
use redis::Value;

use super::{HeldPlace, Place, Reservations};
use crate::clock::Clock;
use crate::provider::redis::{Redis, Script, check_count, script_of, text};
use crate::provider::{ProviderError, Providing, RedisOptions};

/// Reservations in Redis, for all instances that use the same server.
///
/// Each call is one exchange with one script, which does all that it says or nothing. Time is the
/// server's, so that the instances' clocks do not matter. All that is kept for a tenant is three
/// keys in one slot of a cluster, `assignment:places:{tenant}:sessions`, `…:agents` and `…:turns`;
/// each lives for seven days from the last change. In the braces, `%`, `{` and `}` of the tenant's
/// id are `%25`, `%7B` and `%7D`, so that no two tenants share a key.
///
/// A place is safe for as long as Redis keeps its data: a failover can lose the newest places, and
/// then it is the store's claim that has the last word, as ever.
///
/// Needs Redis 7 or Valkey and a Tokio runtime. The Redis user needs the commands `EVALSHA`,
/// `SCRIPT LOAD`, `TIME`, `HMGET`, `HGET`, `HGETALL`, `HSCAN`, `HSET`, `HDEL` and `EXPIRE` on
/// `assignment:places:*`, nothing else.
pub struct RedisReservations {
    redis: Redis,
    terms: ReservationTerms,
    clock: Option<Arc<dyn Clock>>,
    reserve: Script,
    confirm: Script,
    release: Script,
    held: Script,
}

impl RedisReservations {
    /// It has not connected yet; the first call does.
    #[must_use]
    pub fn new(options: RedisOptions, terms: ReservationTerms) -> Self {
        Self {
            redis: Redis::new(options),
            terms,
            clock: None,
            reserve: Script::new(RESERVE),
            confirm: Script::new(CONFIRM),
            release: Script::new(RELEASE),
            held: Script::new(HELD),
        }
    }

    /// Takes the time from `clock` and not from the server: for tests, and for playing a past day
    /// again. It must be the same for all who share the server, and must not go back.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Now, in the form that the scripts take.
    fn now(&self) -> String {
        let now = self.clock.as_ref().map(|clock| clock.now());
        now.map(|now| now.as_millisecond().to_string())
            .unwrap_or_default()
    }

    async fn reserve_place(&self, request: &ReserveRequest) -> Result<Reserved, ProviderError> {
        check_count(
            "reservation",
            request.candidates.len(),
            MAX_RESERVE_CANDIDATES,
        )?;
        let keys = Keys::of(&request.tenant_id);
        let compared = |criterion: &Criterion| match criterion {
            Criterion::LeastActive => 'a',
            Criterion::LeastAssigned => 't',
        };
        let mut arguments = vec![
            self.now(),
            request.session_id.as_str().to_owned(),
            self.terms.lease_ms.to_string(),
            request.rotation.name().to_owned(),
            request.context_key.as_str().to_owned(),
            request.limit.map_or(0, |limit| limit.get()).to_string(),
            request.order.iter().map(compared).collect(),
        ];
        for who in &request.candidates {
            arguments.extend([
                who.agent_id.as_str().to_owned(),
                who.weight.get().to_string(),
                who.active.to_string(),
                who.total.to_string(),
            ]);
        }
        let reserve = &self.reserve;
        let answer = self.redis.answer(reserve, &keys.all(), &arguments).await?;
        read_reserved(&answer, &request.candidates).ok_or_else(|| self.redis.no_reply())
    }

    /// What the scripts that settle a place take first.
    fn arguments(&self, place: &Place) -> [String; 3] {
        let session = place.session_id.as_str().to_owned();
        [self.now(), session, place.token.to_string()]
    }

    /// Whether a script that answers 1 or 0 did what it is for.
    fn done(&self, answer: &Value) -> Result<bool, ProviderError> {
        match answer {
            Value::Int(done) => Ok(*done == 1),
            _ => Err(self.redis.no_reply()),
        }
    }
}

impl Reservations for RedisReservations {
    fn read_window(&self) -> Duration {
        let milliseconds = u64::try_from(self.terms.read_window_ms).unwrap_or(0);
        Duration::from_millis(milliseconds)
    }

    fn reserve<'a>(&'a self, request: &'a ReserveRequest) -> Providing<'a, Reserved> {
        Box::pin(self.reserve_place(request))
    }

    fn confirm<'a>(&'a self, place: &'a Place) -> Providing<'a, bool> {
        Box::pin(async move {
            let tenant = Keys::of(&place.tenant_id);
            let [sessions, agents, _] = tenant.all();
            let window = self.terms.read_window_ms.to_string();
            let [now, session, token] = self.arguments(place);
            let arguments = [now, session, token, window];
            let (confirm, keys) = (&self.confirm, [sessions, agents]);
            self.done(&self.redis.answer(confirm, &keys, &arguments).await?)
        })
    }

    fn release<'a>(&'a self, place: &'a Place) -> Providing<'a, bool> {
        Box::pin(async move {
            let keys = Keys::of(&place.tenant_id);
            let arguments = self.arguments(place);
            let (release, keys) = (&self.release, keys.all());
            self.done(&self.redis.answer(release, &keys, &arguments).await?)
        })
    }

    fn held<'a>(&'a self, tenant: &'a TenantId) -> Providing<'a, Vec<HeldPlace>> {
        Box::pin(async move {
            let keys = Keys::of(tenant);
            let [sessions, ..] = keys.all();
            let arguments = [self.now()];
            let answer = self
                .redis
                .answer(&self.held, &[sessions], &arguments)
                .await?;
            let mut held = read_held(&answer, tenant).ok_or_else(|| self.redis.no_reply())?;
            held.sort_unstable_by(|a, b| a.place.session_id.cmp(&b.place.session_id));
            Ok(held)
        })
    }
}

impl fmt::Debug for RedisReservations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisReservations")
            .field("address", &self.redis.address())
            .field("terms", &self.terms)
            .finish_non_exhaustive()
    }
}

/// The three keys of a tenant.
struct Keys([String; 3]);

impl Keys {
    fn of(tenant: &TenantId) -> Self {
        let mut tag = String::with_capacity(tenant.as_str().len());
        for char in tenant.as_str().chars() {
            match char {
                '%' => tag.push_str("%25"),
                '{' => tag.push_str("%7B"),
                '}' => tag.push_str("%7D"),
                char => tag.push(char),
            }
        }
        let part = |part| format!("assignment:places:{{{tag}}}:{part}");
        Self(["sessions", "agents", "turns"].map(part))
    }

    fn all(&self) -> [&str; 3] {
        self.0.each_ref().map(String::as_str)
    }
}

fn read_reserved(answer: &Value, candidates: &[ReserveCandidate]) -> Option<Reserved> {
    let Value::Array(parts) = answer else {
        return None;
    };
    let candidate = |at: i64| candidates.get(usize::try_from(at).ok()?);
    let held = |pairs: &[Value]| {
        let mut held = BTreeMap::new();
        for pair in pairs.chunks(2) {
            let [Value::Int(at), Value::Int(count)] = pair else {
                return None;
            };
            let agent = candidate(*at)?.agent_id.clone();
            held.insert(agent, u32::try_from(*count).ok()?);
        }
        Some(held)
    };
    match parts.as_slice() {
        [kind, Value::Int(at), Value::Int(token), Value::Array(pairs)]
            if text(kind)? == "granted" =>
        {
            Some(Reserved::Granted {
                agent_id: candidate(*at)?.agent_id.clone(),
                token: NonZeroU64::new(u64::try_from(*token).ok()?)?,
                held: held(pairs)?,
            })
        }
        [kind, agent, Value::Int(token)] if text(kind)? == "already_reserved" => {
            Some(Reserved::AlreadyReserved {
                agent_id: AgentId::new(text(agent)?).ok()?,
                token: NonZeroU64::new(u64::try_from(*token).ok()?)?,
            })
        }
        [kind, Value::Array(pairs)] if text(kind)? == "full" => {
            let held = held(pairs)?;
            Some(Reserved::Full { held })
        }
        _ => None,
    }
}

fn read_held(answer: &Value, tenant: &TenantId) -> Option<Vec<HeldPlace>> {
    let Value::Array(parts) = answer else {
        return None;
    };
    let read = |part: &[Value]| {
        let [session, agent, token, Value::Int(confirmed)] = part else {
            return None;
        };
        Some(HeldPlace {
            place: Place {
                tenant_id: tenant.clone(),
                session_id: SessionId::new(text(session)?).ok()?,
                token: text(token)?.parse().ok()?,
            },
            agent_id: AgentId::new(text(agent)?).ok()?,
            confirmed: *confirmed == 1,
        })
    };
    parts.chunks(4).map(read).collect()
}

const RESERVE: &str = script_of!("#!lua", "books.lua", "places.lua", "reserve.lua");
const CONFIRM: &str = script_of!("#!lua", "books.lua", "places.lua", "confirm.lua");
const RELEASE: &str = script_of!("#!lua", "books.lua", "places.lua", "release.lua");
const HELD: &str = script_of!(
    "#!lua flags=no-writes",
    "books.lua",
    "places.lua",
    "held.lua"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_tenants_share_a_key_and_the_tag_is_the_tenant() {
        let tenants = [
            "t",
            "t:sessions",
            "a}b",
            "a%7Db",
            "a{b",
            "{t}",
            "%",
            "%25",
            "}:sessions",
            "größe",
        ];
        let mut keys: Vec<String> = Vec::new();
        for tenant in tenants {
            let tenant = TenantId::new(tenant).unwrap();
            for key in Keys::of(&tenant).0 {
                let tag = key.strip_prefix("assignment:places:{").unwrap();
                assert_eq!(tag.matches('{').count(), 0, "{key}");
                assert_eq!(tag.matches('}').count(), 1, "{key}");
                keys.push(key);
            }
        }
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), tenants.len() * 3);
    }
}
