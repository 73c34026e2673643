-- Files of customers: the file itself in pieces, what was sent of it, and what was wrong with it.

CREATE TABLE imports (
    import_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    state text NOT NULL
        CHECK (state IN ('uploading', 'ready', 'checking', 'importing', 'done', 'cancelled', 'failed')),
    filename text NOT NULL,
    created_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    size bigint NOT NULL DEFAULT 0,
    sha256 text NOT NULL DEFAULT '',
    encoding text,
    -- What the file looks like, and how it is read.
    shape jsonb,
    plan jsonb,
    job_id text NOT NULL DEFAULT '',
    dry boolean NOT NULL DEFAULT false,
    runs integer NOT NULL DEFAULT 0,
    place jsonb,
    tally jsonb NOT NULL DEFAULT '{}',
    finished_reading boolean NOT NULL DEFAULT false,
    checked jsonb,
    issues_kept integer NOT NULL DEFAULT 0,
    failure text NOT NULL DEFAULT '',
    forgotten_at timestamptz
);
CREATE INDEX imports_listed ON imports (tenant_id, created_at, import_id);
CREATE INDEX imports_kept ON imports (changed_at) WHERE forgotten_at IS NULL;
CREATE INDEX imports_at_work ON imports (import_id) WHERE state IN ('checking', 'importing');

CREATE TABLE import_chunks (
    import_id text NOT NULL,
    begins_at bigint NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (import_id, begins_at)
);
-- Read once or twice and deleted: compressing it costs more than it saves.
ALTER TABLE import_chunks ALTER COLUMN body SET STORAGE EXTERNAL;

CREATE TABLE import_batches (
    import_id text NOT NULL,
    batch integer NOT NULL,
    sent_at timestamptz NOT NULL,
    applied_at timestamptz,
    created integer NOT NULL DEFAULT 0,
    updated integer NOT NULL DEFAULT 0,
    unchanged integer NOT NULL DEFAULT 0,
    refused integer NOT NULL DEFAULT 0,
    PRIMARY KEY (import_id, batch)
);
CREATE INDEX import_batches_in_flight ON import_batches (import_id) WHERE applied_at IS NULL;

CREATE TABLE import_errors (
    import_id text NOT NULL,
    line bigint NOT NULL,
    refused boolean NOT NULL,
    slugs text[] NOT NULL,
    same_as_line bigint NOT NULL,
    -- The row as it was, shortened where it is very long.
    cells text[] NOT NULL,
    PRIMARY KEY (import_id, line)
);

-- Whose API key it is.
CREATE INDEX tenants_api_keys ON tenants USING gin ((settings -> 'api_key_sha256'));
