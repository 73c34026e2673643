-- Work and mail that was accepted. What becomes of it is added by what does it.

CREATE TABLE jobs (
    job_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    kind text NOT NULL,
    unique_key text NOT NULL,
    job_class text NOT NULL CHECK (job_class IN ('critical', 'bulk')),
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting')),
    submitted_at timestamptz NOT NULL,
    not_before timestamptz NOT NULL,
    payload jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX jobs_unique_key ON jobs (tenant_id, kind, unique_key);
CREATE INDEX jobs_waiting ON jobs (job_class, not_before) WHERE state = 'waiting';

CREATE TABLE emails (
    email_id text PRIMARY KEY,
    tenant_id text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    body text NOT NULL,
    purpose text NOT NULL,
    language text NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting')),
    accepted_at timestamptz NOT NULL
);
CREATE INDEX emails_waiting ON emails (accepted_at) WHERE state = 'waiting';
