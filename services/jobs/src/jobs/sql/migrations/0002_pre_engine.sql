-- What becomes of a job: claims with a lease and a fencing token, attempts, progress, and the workers that do it.

ALTER TABLE jobs
    -- 0 urgent, 1 normal, 2 low: the order of the claim.
    ADD COLUMN priority smallint NOT NULL DEFAULT 1 CHECK (priority BETWEEN 0 AND 2),
    -- When it was meant to start; not_before moves on from there with each attempt, nap and closed window.
    ADD COLUMN due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ADD COLUMN waiting_for text NOT NULL DEFAULT 'due' CHECK (waiting_for IN ('due', 'retry', 'nap', 'window')),
    ADD COLUMN attempts integer NOT NULL DEFAULT 0,
    ADD COLUMN max_attempts integer NOT NULL DEFAULT 8,
    ADD COLUMN fence bigint NOT NULL DEFAULT 0,
    ADD COLUMN worker text NOT NULL DEFAULT '',
    ADD COLUMN lease_until timestamptz,
    ADD COLUMN started_at timestamptz,
    ADD COLUMN finished_at timestamptz,
    ADD COLUMN cancel_requested boolean NOT NULL DEFAULT false,
    -- Somebody wanted it to wake while it ran: the nap that it takes then is none.
    ADD COLUMN woken boolean NOT NULL DEFAULT false,
    ADD COLUMN progress jsonb,
    ADD COLUMN checkpoint jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN result jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN error_slug text NOT NULL DEFAULT '',
    ADD COLUMN error text NOT NULL DEFAULT '',
    DROP CONSTRAINT jobs_state_check,
    ADD CONSTRAINT jobs_state_check CHECK (state IN ('waiting', 'running', 'succeeded', 'failed', 'cancelled'));
UPDATE jobs SET due_at = not_before;

DROP INDEX jobs_waiting;
-- A claim is one short probe for each class, kind and priority that is allowed just now: what is paused is never touched.
CREATE INDEX jobs_ready ON jobs (job_class, kind, priority, not_before) WHERE state = 'waiting';
-- Heartbeats, lost leases, and limits over all workers look at what runs.
CREATE INDEX jobs_running ON jobs (kind) WHERE state = 'running';
-- What a closed window has put off, to be let out when the window changes.
CREATE INDEX jobs_put_off ON jobs (job_id) WHERE state = 'waiting' AND waiting_for = 'window';
-- History is forgotten by kind and age; what failed is also counted and looked for.
CREATE INDEX jobs_succeeded ON jobs (kind, finished_at) WHERE state = 'succeeded';
CREATE INDEX jobs_failed ON jobs (kind, finished_at) WHERE state IN ('failed', 'cancelled');
-- Operators read the newest first.
CREATE INDEX jobs_submitted ON jobs (submitted_at, job_id);

-- One row is one run that did not succeed.
CREATE TABLE job_attempts (
    job_id text NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    fence bigint NOT NULL,
    number integer NOT NULL,
    outcome text NOT NULL CHECK (outcome IN ('failed', 'timed_out', 'lost', 'cancelled')),
    worker text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    error_slug text NOT NULL,
    error_detail text NOT NULL,
    PRIMARY KEY (job_id, fence)
);

-- One row is one process that works. Its name is its own: a restarted one is another.
CREATE TABLE workers (
    worker text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    running integer NOT NULL DEFAULT 0,
    drain_requested boolean NOT NULL DEFAULT false,
    drained_at timestamptz
);

-- One row is one limit that holds over all workers: of a kind, or of the class that a batch window lets out a few at a time.
-- Whoever claims under it holds it locked.
CREATE TABLE job_limits (
    limited text PRIMARY KEY,
    tokens double precision NOT NULL DEFAULT 0,
    -- NULL: nothing was ever taken from it.
    filled_at timestamptz
);
