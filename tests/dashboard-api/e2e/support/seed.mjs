import { randomUUID } from "node:crypto";

/** Writes a tenant, with teams, agents and sessions, straight into the tables. */
export class Tenant {
  #postgres;
  id = randomUUID();

  constructor(postgres) {
    this.#postgres = postgres;
  }

  /** The tenant's configuration. */
  async configure({ strategy = null, settings = {}, enabled = true }) {
    await this.#insert("assignment_configs", {
      tenant_id: this.id,
      strategy,
      settings: JSON.stringify(settings),
      enabled,
    });
  }

  /** A team; `members` are agents' ids. Answers its id. */
  async team({ members = [], config = null, schedule = null, ...columns } = {}) {
    const id = await this.#insert("teams", {
      id: randomUUID(),
      tenant_id: this.id,
      name: "Support",
      routing_config: config && JSON.stringify(config),
      schedule: schedule && JSON.stringify(schedule),
      ...columns,
    });
    for (const user_id of members) await this.#insert("team_members", { team_id: id, user_id });
    return id;
  }

  /** Agents in the order of their names, online unless said. Answers their ids. */
  async agents(count, columns = {}) {
    const ids = [];
    for (let at = 0; at < count; at += 1) {
      const name = `Agent ${String(at).padStart(3, "0")}`;
      const row = { id: randomUUID(), tenant_id: this.id, name, status: "online", ...columns };
      ids.push(await this.#insert("users", row));
    }
    return ids;
  }

  /** Sessions that wait, the first the oldest, each of a contact of its own. Answers their ids. */
  async sessions(count, columns = {}) {
    const ids = [];
    const start = Date.now() - 3_600_000;
    for (let at = 0; at < count; at += 1) {
      const row = {
        id: randomUUID(),
        tenant_id: this.id,
        contact_id: randomUUID(),
        created_at: new Date(start + at * 10),
        ...columns,
      };
      ids.push(await this.#insert("sessions", row));
    }
    return ids;
  }

  async session(columns = {}) {
    return (await this.sessions(1, columns))[0];
  }

  /** What the contacts of a session were sent. */
  async sent(sessionId) {
    return this.#postgres.rows(
      "SELECT about, body, media_url, account FROM sent_messages WHERE session_id = $1 ORDER BY id",
      [sessionId],
    );
  }

  /** How many sessions each agent has, by id. */
  async loads() {
    const rows = await this.#postgres.rows(
      `SELECT assigned_agent_id AS id, count(*)::int AS count FROM sessions
       WHERE tenant_id = $1 AND status = 'assigned' GROUP BY 1`,
      [this.id],
    );
    return Object.fromEntries(rows.map(({ id, count }) => [id, count]));
  }

  #insert(table, row) {
    return insert(this.#postgres, table, row);
  }
}

/** How the checks of a session store put things into the tables. */
export function storeFixture(postgres, stores) {
  return {
    stores,
    newId: randomUUID,
    putTenant: (tenant_id, { strategy, settings, enabled = true }) =>
      insert(postgres, "assignment_configs", {
        tenant_id,
        strategy,
        settings: JSON.stringify(settings),
        enabled,
      }),
    putAgent: (tenant_id, { id, name, status }) =>
      insert(postgres, "users", { id, tenant_id, name, status }),
    putTeam: async (tenant_id, team) => {
      await insert(postgres, "teams", {
        id: team.id,
        tenant_id,
        name: team.name,
        is_default: team.isDefault ?? false,
        routing_strategy: team.routingStrategy ?? null,
        routing_config: team.routingConfig && JSON.stringify(team.routingConfig),
        schedule: team.schedule && JSON.stringify(team.schedule),
      });
      for (const user_id of team.members) {
        await insert(postgres, "team_members", { team_id: team.id, user_id });
      }
    },
    putSession: async ({ id, ...session }) => {
      const row = {
        tenant_id: session.tenantId,
        contact_id: session.contactId,
        status: session.status,
        assigned_agent_id: session.assignedAgentId ?? null,
        assigned_team_id: session.assignedTeamId ?? null,
        assigned_at: session.assignedAt ?? null,
        accepted_at: session.acceptedAt ?? null,
        priority: session.priority ?? 0,
        context: session.context ?? null,
        created_at: session.createdAt,
        updated_at: session.updatedAt,
      };
      const set = Object.keys(row).map((name) => `${name} = EXCLUDED.${name}`);
      const again = `ON CONFLICT (id) DO UPDATE SET ${set.join(", ")}`;
      await insert(postgres, "sessions", { id, ...row }, again);
    },
  };
}

async function insert(postgres, table, row, again = "") {
  const names = Object.keys(row);
  const places = names.map((_, at) => `$${at + 1}`);
  await postgres.rows(
    `INSERT INTO ${table} (${names.join(", ")}) VALUES (${places.join(", ")}) ${again}`,
    Object.values(row),
  );
  return row.id;
}

/** The whole row, and which transaction wrote it: a row that was rewritten as it was differs. */
export async function untouched(postgres, sessionId) {
  const row = await postgres.row(
    "SELECT xmin::text AS written_by, sessions::text AS bytes FROM sessions WHERE id = $1",
    [sessionId],
  );
  return `${row.written_by} ${row.bytes}`;
}
