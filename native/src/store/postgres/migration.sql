-- Claims that were made under a token: the last one of each session.
CREATE TABLE IF NOT EXISTS {assignment_claims} (
  [session_id] @id PRIMARY KEY REFERENCES {sessions} ([id]) ON DELETE CASCADE,
  [tenant_id]  @id NOT NULL,
  [token]      bigint NOT NULL CHECK ([token] >= 0),
  [agent_id]   @id NOT NULL,
  [claimed_at] timestamptz NOT NULL
);

-- One index for each question of the store. While they are built nobody can write to the table: on
-- a large one build them first, under these names, with CREATE INDEX CONCURRENTLY.
CREATE INDEX IF NOT EXISTS $index(sessions_queue)
  ON {sessions} ([tenant_id], [created_at], [id]) WHERE [status] = 'unassigned';
CREATE INDEX IF NOT EXISTS $index(sessions_of_contact)
  ON {sessions} ([tenant_id], [contact_id]) WHERE [status] = 'assigned';
CREATE INDEX IF NOT EXISTS $index(sessions_of_agent)
  ON {sessions} ([assigned_agent_id], [status], [assigned_at]);
