-- Jobs inside of a transaction.

-- name: add_jobs
INSERT INTO jobs (job_id, tenant_id, kind, unique_key, job_class, priority, submitted_at, due_at, not_before, payload, max_attempts)
SELECT job_id, tenant_id, kind, unique_key, job_class, priority, submitted_at, due_at, due_at, payload, max_attempts
FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[], $7::timestamptz[], $8::timestamptz[], $9::jsonb[],
    $10::integer[]
) AS new (job_id, tenant_id, kind, unique_key, job_class, priority, submitted_at, due_at, payload, max_attempts)
ON CONFLICT DO NOTHING
RETURNING job_id;

-- name: job
SELECT * FROM jobs WHERE job_id = $1;

-- name: job_by_key
SELECT * FROM jobs WHERE tenant_id = $1 AND kind = $2 AND unique_key = $3;

-- name: hold
SELECT * FROM jobs WHERE job_id = $1 AND fence = $2 AND state = 'running' FOR NO KEY UPDATE;

-- name: save_step
UPDATE jobs SET checkpoint = $3, progress = coalesce($4::jsonb, progress), lease_until = $5
WHERE job_id = $1 AND fence = $2 AND state = 'running';

-- name: finish
UPDATE jobs
SET state = 'succeeded', finished_at = $3, result = $4, progress = coalesce($5::jsonb, progress), lease_until = NULL,
    cancel_requested = false, error_slug = '', error = ''
WHERE job_id = $1 AND fence = $2 AND state = 'running';

-- name: wake
UPDATE jobs
SET woken = state = 'running',
    not_before = CASE state WHEN 'waiting' THEN least(not_before, $2::timestamptz) ELSE not_before END,
    waiting_for = 'due'
WHERE job_id = $1 AND (state = 'running' OR (state = 'waiting' AND waiting_for = 'nap'))
RETURNING state = 'waiting';

-- name: cancel_jobs
-- In order, so that two who want the same wait for each other instead of locking each other out: whoever
-- waits for several jobs (completions and endings do, too) takes them in that of code points.
WITH locked AS (
    SELECT job_id FROM jobs WHERE job_id = ANY ($2::text[]) AND state IN ('waiting', 'running')
    ORDER BY job_id COLLATE "C" FOR NO KEY UPDATE
)
UPDATE jobs
SET state = CASE state WHEN 'waiting' THEN 'cancelled' ELSE state END,
    finished_at = CASE state WHEN 'waiting' THEN $1::timestamptz END,
    cancel_requested = state = 'running',
    error_slug = CASE state WHEN 'waiting' THEN 'job-cancelled' ELSE error_slug END,
    error = CASE state WHEN 'waiting' THEN 'It was cancelled while it waited.' ELSE error END
FROM locked
WHERE jobs.job_id = locked.job_id
RETURNING jobs.job_id, state;

-- name: run_again
WITH locked AS (
    SELECT job_id FROM jobs WHERE job_id = ANY ($2::text[]) AND state IN ('failed', 'cancelled')
    ORDER BY job_id COLLATE "C" FOR NO KEY UPDATE
)
UPDATE jobs
SET state = 'waiting', not_before = $1, waiting_for = 'due', attempts = 0, finished_at = NULL, cancel_requested = false
FROM locked
WHERE jobs.job_id = locked.job_id
RETURNING jobs.job_id;

-- name: lock_lapsed
SELECT * FROM jobs
WHERE state = 'running' AND lease_until < $1
ORDER BY lease_until
LIMIT $2
FOR NO KEY UPDATE SKIP LOCKED;

-- name: end_runs
-- One that was asked to stop doesn't wait again. One that was to be woken while it ran doesn't nap. Locked in order first, as
-- `cancel_jobs` does.
WITH over AS (
    SELECT * FROM unnest(
        $2::text[], $3::bigint[], $4::text[], $5::timestamptz[], $6::text[], $7::jsonb[], $8::jsonb[], $9::boolean[],
        $10::integer[], $11::text[], $12::text[], $13::text[]
    ) AS run (
        job_id, fence, state, not_before, waiting_for, checkpoint, progress, uses_attempt, number, outcome, error_slug, error
    )
), locked AS MATERIALIZED (
    SELECT job_id FROM jobs WHERE job_id = ANY ($2::text[]) AND state = 'running' ORDER BY job_id COLLATE "C" FOR NO KEY UPDATE
), ended AS (
    UPDATE jobs
    SET state = CASE WHEN over.state = 'waiting' AND cancel_requested THEN 'cancelled' ELSE over.state END,
        finished_at = CASE WHEN over.state <> 'waiting' OR cancel_requested THEN $1::timestamptz END,
        not_before = CASE
            WHEN over.waiting_for = 'nap' AND woken THEN $1::timestamptz
            ELSE coalesce(over.not_before, jobs.not_before)
        END,
        waiting_for = CASE WHEN over.waiting_for = 'nap' AND woken THEN 'due' ELSE over.waiting_for END,
        attempts = attempts + over.uses_attempt::integer,
        checkpoint = coalesce(over.checkpoint, jobs.checkpoint),
        progress = coalesce(over.progress, jobs.progress),
        error_slug = coalesce(over.error_slug, jobs.error_slug),
        error = coalesce(over.error, jobs.error),
        lease_until = NULL
    FROM over JOIN locked USING (job_id)
    WHERE jobs.job_id = over.job_id AND jobs.fence = over.fence AND jobs.state = 'running'
    RETURNING jobs.job_id, jobs.fence, jobs.worker, jobs.started_at, jobs.state
), kept AS (
    INSERT INTO job_attempts (job_id, fence, number, outcome, worker, started_at, ended_at, error_slug, error_detail)
    SELECT job_id, fence, number, outcome, worker, started_at, $1::timestamptz, error_slug, error
    FROM ended JOIN over USING (job_id, fence)
    WHERE outcome IS NOT NULL
)
SELECT job_id, fence, state FROM ended;

-- name: prune_succeeded
DELETE FROM jobs WHERE job_id = ANY (ARRAY(
    SELECT job_id FROM jobs WHERE kind = ANY ($1::text[]) AND state = 'succeeded' AND finished_at < $2
    LIMIT $3 FOR UPDATE SKIP LOCKED
))
RETURNING true;

-- name: prune_failed
DELETE FROM jobs WHERE job_id = ANY (ARRAY(
    SELECT job_id FROM jobs WHERE kind = ANY ($1::text[]) AND state IN ('failed', 'cancelled') AND finished_at < $2
    LIMIT $3 FOR UPDATE SKIP LOCKED
))
RETURNING true;

-- name: prune_others
DELETE FROM jobs WHERE job_id = ANY (ARRAY(
    SELECT job_id FROM jobs
    WHERE kind <> ALL ($1::text[]) AND state IN ('succeeded', 'failed', 'cancelled') AND finished_at < $2
    LIMIT $3 FOR UPDATE SKIP LOCKED
))
RETURNING true;
