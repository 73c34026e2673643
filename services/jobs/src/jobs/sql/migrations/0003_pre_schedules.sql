-- Work that comes again by a time table, copies of the businesses that it is for, and what became of mail.

-- One row is a kind of work for a tenant.
CREATE TABLE schedules (
    schedule_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    kind text NOT NULL,
    cron text NOT NULL,
    time_zone text NOT NULL,
    -- How old a missed fire may be and still run.
    grace_s integer NOT NULL CHECK (grace_s BETWEEN 0 AND 86400),
    payload jsonb NOT NULL DEFAULT '{}',
    enabled boolean NOT NULL,
    -- Every fire up to here has become a job or was skipped.
    settled_until timestamptz NOT NULL,
    next_at timestamptz,
    fired_at timestamptz,
    skipped bigint NOT NULL DEFAULT 0,
    skipped_at timestamptz
);
CREATE INDEX schedules_next ON schedules (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX schedules_tenant ON schedules (tenant_id);

-- One row is something that one process at a time may do. The epoch rises with each change of hands: what an earlier holder
-- still wants to do is refused.
CREATE TABLE leases (
    name text PRIMARY KEY,
    holder text NOT NULL,
    epoch bigint NOT NULL,
    held_until timestamptz NOT NULL
);

-- One row is a business as of a version; chat owns the facts.
CREATE TABLE tenants (
    tenant_id text PRIMARY KEY,
    version bigint NOT NULL,
    settings jsonb NOT NULL,
    deleted boolean NOT NULL
);

ALTER TABLE emails
    ADD COLUMN settled_at timestamptz,
    -- Why it failed: a slug.
    ADD COLUMN cause text NOT NULL DEFAULT '',
    -- When its words and its recipient were forgotten; they are empty since then.
    ADD COLUMN purged_at timestamptz,
    DROP CONSTRAINT emails_state_check,
    ADD CONSTRAINT emails_state_check CHECK (state IN ('waiting', 'sent', 'stubbed', 'failed'));
-- Which of those that wait has lost its job is asked in the order of their ids.
DROP INDEX emails_waiting;
CREATE INDEX emails_waiting ON emails (email_id) WHERE state = 'waiting';
