//! The statements, with the marks that [`PostgresTables`] puts names for.
//!
//! Ids go in as texts and are cast here; instants are milliseconds since 1970, in and out.

use super::PostgresTables;

/// The statements as one store sends them.
pub(super) struct Statements {
    pub(super) session: String,
    pub(super) queue: String,
    pub(super) update: String,
    pub(super) stamp: String,
    pub(super) unstamp: String,
    pub(super) contact: String,
    pub(super) teams: String,
    pub(super) team: String,
    pub(super) members: String,
    pub(super) members_since: String,
    pub(super) members_ever: String,
    pub(super) tenant: String,
    pub(super) lock_agents: String,
    pub(super) lock_sessions: String,
    pub(super) count_active: String,
    pub(super) fences: String,
    pub(super) assign: String,
    pub(super) fence: String,
}

impl Statements {
    pub(super) fn new(tables: &PostgresTables) -> Self {
        let render = |template: &str| tables.render(&with_instants(template));
        let sessions = |template: &str| render(&template.replace("$session", SESSION));
        let members = |total: &str| render(&MEMBERS.replace("$total", total));
        Self {
            session: sessions(ONE_SESSION),
            queue: sessions(QUEUE),
            update: sessions(UPDATE),
            stamp: render(STAMP),
            unstamp: render(UNSTAMP),
            contact: render(CONTACT),
            teams: render(&TEAMS.replace("$where", "t.[tenant_id]")),
            team: render(&TEAMS.replace("$where", "t.[id]")),
            members: members("0::bigint"),
            members_since: members(&TOTAL.replace("$since", SINCE)),
            members_ever: members(&TOTAL.replace("$since", "")),
            tenant: render(TENANT),
            lock_agents: render(LOCK_AGENTS),
            lock_sessions: sessions(LOCK_SESSIONS),
            count_active: render(COUNT_ACTIVE),
            fences: render(FENCES),
            assign: sessions(ASSIGN),
            fence: render(FENCE),
        }
    }

    /// All but those about the table that [`PostgresSessionStore::migrate`] makes.
    ///
    /// [`PostgresSessionStore::migrate`]: super::PostgresSessionStore::migrate
    pub(super) fn of_the_hosts_tables(&self) -> [&str; 16] {
        [
            &self.session,
            &self.queue,
            &self.update,
            &self.stamp,
            &self.unstamp,
            &self.contact,
            &self.teams,
            &self.team,
            &self.members,
            &self.members_since,
            &self.members_ever,
            &self.tenant,
            &self.lock_agents,
            &self.lock_sessions,
            &self.count_active,
            &self.assign,
        ]
    }
}

/// With `@ms(…)`, an instant of the database as milliseconds or none if it is infinite, and
/// `@at(…)`, milliseconds as an instant, written out.
fn with_instants(template: &str) -> String {
    let mut sql = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, marked)) = rest.split_once('@') {
        sql.push_str(before);
        let call = marked.split_once('(').and_then(|(name, rest)| {
            let (of, rest) = rest.split_once(')')?;
            let written = match name {
                "ms" => format!(
                    "CASE WHEN isfinite({of}) THEN floor(extract(epoch FROM {of}) * 1000)::bigint END"
                ),
                "at" => format!("timestamptz 'epoch' + {of} * interval '1 millisecond'"),
                _ => return None,
            };
            Some((written, rest))
        });
        rest = match call {
            Some((written, rest)) => {
                sql.push_str(&written);
                rest
            }
            None => {
                sql.push('@');
                marked
            }
        };
    }
    sql.push_str(rest);
    sql
}

/// The columns of a session, in the order in which `row.rs` reads them.
const SESSION: &str = "
    s.[id]::text, s.[tenant_id]::text, s.[contact_id]::text, s.[status]::text,
    s.[assigned_agent_id]::text, s.[assigned_team_id]::text, s.[priority]::bigint,
    s.[channel]::text, s.[context]::text,
    @ms(s.[assigned_at]),
    @ms(s.[accepted_at]),
    @ms(s.[created_at]),
    @ms(s.[updated_at]),
    @ms(s.[last_message_at])";

const ONE_SESSION: &str = "SELECT $session FROM {sessions} s WHERE s.[id] = $1::text::@id";

const QUEUE: &str = "
    SELECT $session FROM {sessions} s
    WHERE s.[tenant_id] = $1::text::@id AND s.[status] = 'unassigned'
      AND ($2::text IS NULL OR s.[assigned_team_id] = $2::text::@id)
    ORDER BY s.[created_at], s.[id]
    LIMIT $3::bigint";

/// Team, context, time of the change: `$1` to `$4`. `||` puts new entries over old ones; a context
/// that is NULL stays so until there is something to keep.
const UPDATE: &str = "
    UPDATE {sessions} s SET
      [assigned_team_id] = COALESCE($2::text::@id, s.[assigned_team_id]),
      [context] = CASE WHEN $3::text = '{}' THEN s.[context]
        ELSE CASE WHEN jsonb_typeof(s.[context]) = 'object' THEN s.[context] ELSE '{}' END
          || $3::text::jsonb END,
      [updated_at] = COALESCE(@at($4::bigint),
        s.[updated_at])
    WHERE s.[id] = $1::text::@id AND s.[status] = 'unassigned'
    RETURNING $session";

/// `$3` is the stamp, `$4` the text that was seen.
const STAMP: &str = "
    UPDATE {sessions} s SET
      [context] = CASE WHEN jsonb_typeof(s.[context]) = 'object' THEN s.[context] ELSE '{}' END
        || jsonb_build_object($2::text, $3::text)
    WHERE s.[id] = $1::text::@id AND s.[status] = 'unassigned'
      AND CASE WHEN jsonb_typeof(s.[context] -> $2::text) = 'string'
        THEN s.[context] ->> $2::text END IS NOT DISTINCT FROM $4::text
    RETURNING 1";

/// `$3` is the stamp, `$4` what was seen, as JSON.
const UNSTAMP: &str = "
    UPDATE {sessions} s SET
      [context] = NULLIF(CASE WHEN $4::text IS NULL THEN s.[context] - $2::text
        ELSE s.[context] || jsonb_build_object($2::text, $4::text::jsonb) END, '{}')
    WHERE s.[id] = $1::text::@id AND s.[context] ->> $2::text = $3::text
    RETURNING 1";

const CONTACT: &str = "
    SELECT 1 FROM {sessions} s
    WHERE s.[tenant_id] = $1::text::@id AND s.[contact_id] = $2::text::@id
      AND s.[status] = 'assigned' AND s.[id] IS DISTINCT FROM $3::text::@id
    LIMIT 1";

const TEAMS: &str = "
    SELECT t.[id]::text, t.[tenant_id]::text, t.[name]::text, t.[is_active], t.[is_default],
      @ms(t.[created_at]),
      t.[routing_strategy]::text, t.[routing_config]::text, t.[schedule]::text,
      ARRAY(SELECT u.[id]::text FROM {team_members} m JOIN {users} u ON u.[id] = m.[user_id]
        WHERE m.[team_id] = t.[id] AND m.[is_active] AND u.[is_active] ORDER BY u.[id])
    FROM {teams} t WHERE $where = $1::text::@id
    ORDER BY t.[id]";

const MEMBERS: &str = "
    SELECT u.[id]::text, u.[name]::text, u.[status]::text,
      @ms(u.[created_at]),
      (SELECT count(*) FROM {sessions} s
        WHERE s.[assigned_agent_id] = u.[id] AND s.[status] = 'assigned'),
      $total
    FROM {team_members} m JOIN {users} u ON u.[id] = m.[user_id]
    WHERE m.[team_id] = $1::text::@id AND m.[is_active] AND u.[is_active]
    ORDER BY u.[id]";

const TOTAL: &str =
    "(SELECT count(*) FROM {sessions} s WHERE s.[assigned_agent_id] = u.[id]$since)";

const SINCE: &str = " AND s.[assigned_at] >= @at($2::bigint)";

const TENANT: &str = "
    SELECT c.[enabled], c.[strategy]::text, c.[settings]::text FROM {assignment_configs} c
    WHERE c.[tenant_id] = $1::text::@id AND c.[team_id] IS NULL
    LIMIT 1";

/// NO KEY: whoever writes a row that refers to the agent, a message say, need not wait; two
/// claims exclude each other just the same. Where there is no agent nothing is written, so nobody
/// asks for the number of the transaction.
const LOCK_AGENTS: &str = "
    SELECT u.[id]::text, u.[tenant_id]::text, txid_current() FROM {users} u
    WHERE u.[id] = ANY($1::text[]::@id[]) AND u.[is_active]
    ORDER BY u.[id]
    FOR NO KEY UPDATE";

const LOCK_SESSIONS: &str = "
    SELECT $session FROM {sessions} s
    WHERE s.[id] = ANY($1::text[]::@id[])
    ORDER BY s.[id]
    FOR NO KEY UPDATE";

const COUNT_ACTIVE: &str = "
    SELECT s.[assigned_agent_id]::text, count(*) FROM {sessions} s
    WHERE s.[assigned_agent_id] = ANY($1::text[]::@id[]) AND s.[status] = 'assigned'
    GROUP BY 1";

const FENCES: &str = "
    SELECT f.[session_id]::text, f.[token], f.[agent_id]::text FROM {assignment_claims} f
    WHERE f.[session_id] = ANY($1::text[]::@id[])";

/// One row of the arrays for each session: session, agent, team, context, time.
const ASSIGN: &str = "
    UPDATE {sessions} s SET
      [status] = 'assigned',
      [assigned_agent_id] = g.agent::@id,
      [accepted_at] = CASE WHEN s.[status] = 'assigned' THEN NULL ELSE s.[accepted_at] END,
      [assigned_at] = @at(g.at),
      [assigned_team_id] = COALESCE(g.team::@id, s.[assigned_team_id]),
      [context] = CASE WHEN g.context = '{}' THEN s.[context]
        ELSE CASE WHEN jsonb_typeof(s.[context]) = 'object' THEN s.[context] ELSE '{}' END
          || g.context::jsonb END,
      [updated_at] = COALESCE(@at(g.at),
        s.[updated_at])
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
      AS g(session, agent, team, context, at)
    WHERE s.[id] = g.session::@id
    RETURNING $session";

const FENCE: &str = "
    INSERT INTO {assignment_claims} ([session_id], [tenant_id], [token], [agent_id], [claimed_at])
    SELECT s.[id], s.[tenant_id], g.token, g.agent::@id, COALESCE(@at(g.at), now())
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[]) AS g(session, token, agent, at)
    JOIN {sessions} s ON s.[id] = g.session::@id
    ON CONFLICT ([session_id]) DO UPDATE SET
      [token] = EXCLUDED.[token], [agent_id] = EXCLUDED.[agent_id],
      [claimed_at] = EXCLUDED.[claimed_at]";
