-- Purges of what businesses don't keep any more, and exports of what they have.

-- One row is what one service reported of one round of a purge.
CREATE TABLE purge_reports (
    job_id text NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    round integer NOT NULL,
    service text NOT NULL,
    deleted jsonb NOT NULL,
    finished_at timestamptz NOT NULL,
    PRIMARY KEY (job_id, round, service)
);

-- Mail by its age: what still has words, and what is left of the other.
CREATE INDEX emails_worded ON emails (tenant_id, settled_at) WHERE settled_at IS NOT NULL AND purged_at IS NULL;
CREATE INDEX emails_emptied ON emails (tenant_id, settled_at) WHERE purged_at IS NOT NULL;

-- One row is a file of records that an owner wants to have.
CREATE TABLE exports (
    export_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    records text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    job_id text NOT NULL,
    -- How far it is: the key of the last record in the file, and how many parts, rows and bytes there are.
    after_key text NOT NULL DEFAULT '',
    parts integer NOT NULL DEFAULT 0,
    row_count bigint NOT NULL DEFAULT 0,
    size bigint NOT NULL DEFAULT 0,
    failure text NOT NULL DEFAULT '',
    forgotten_at timestamptz
);
CREATE INDEX exports_listed ON exports (tenant_id, created_at, export_id);
CREATE INDEX exports_kept ON exports (changed_at) WHERE forgotten_at IS NULL;
CREATE INDEX exports_open ON exports (export_id) WHERE state IN ('waiting', 'running');

CREATE TABLE export_parts (
    export_id text NOT NULL,
    part integer NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (export_id, part)
);
ALTER TABLE export_parts ALTER COLUMN body SET STORAGE EXTERNAL;
