-- What workers take and give back. These statements run all the time: each goes through a small index, whatever is kept beside.

-- name: claim
-- One probe for each allowed priority and kind, in the order of their turn; the outer limit ends the row of probes as soon as there
-- is enough. By ctid, for the rows are locked here and now. There is always a row: it tells which limited kinds have something ready.
WITH ready AS MATERIALIZED (
    SELECT probe.ctid
    FROM unnest($3::smallint[], $4::text[]) AS turn (priority, kind)
    CROSS JOIN LATERAL (
        SELECT jobs.ctid FROM jobs
        WHERE state = 'waiting' AND job_class = $1 AND jobs.kind = turn.kind AND jobs.priority = turn.priority AND not_before <= $2
        ORDER BY not_before
        LIMIT $5
        FOR NO KEY UPDATE SKIP LOCKED
    ) AS probe
    LIMIT $5
), claimed AS (
    UPDATE jobs
    SET state = 'running', fence = fence + 1, worker = $6, lease_until = $7, started_at = $2, waiting_for = 'due', woken = false
    FROM ready
    WHERE jobs.ctid = ready.ctid
    RETURNING jobs.*
)
SELECT claimed.*, limited_ready
FROM (
    SELECT ARRAY(
        SELECT kind FROM unnest($8::text[]) AS limited (kind)
        WHERE EXISTS (
            SELECT FROM unnest('{0,1,2}'::smallint[]) AS turn (priority), LATERAL (
                SELECT FROM jobs
                WHERE state = 'waiting' AND job_class = $1 AND jobs.kind = limited.kind AND jobs.priority = turn.priority
                    AND not_before <= $2
                LIMIT 1
            ) AS one
        )
    ) AS limited_ready
) AS looked
LEFT JOIN claimed ON true;

-- name: ready_kinds
-- One look for each kind and priority: a limit in each keeps the server from going through the index of all instead.
SELECT kind FROM unnest($3::text[]) AS wanted (kind)
WHERE EXISTS (
    SELECT FROM unnest('{0,1,2}'::smallint[]) AS turn (priority), LATERAL (
        SELECT FROM jobs
        WHERE state = 'waiting' AND job_class = $1 AND jobs.kind = wanted.kind AND jobs.priority = turn.priority AND not_before <= $2
        LIMIT 1
    ) AS one
);

-- name: add_limits
INSERT INTO job_limits (limited) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING;

-- name: lock_limits
-- Nobody waits here: what another worker claims under just now is asked for again in a moment.
SELECT limited, tokens, filled_at FROM job_limits WHERE limited = ANY ($1::text[]) ORDER BY limited FOR UPDATE SKIP LOCKED;

-- name: running_counts
SELECT job_class, kind, count(*) AS running FROM jobs WHERE state = 'running' GROUP BY job_class, kind;

-- name: candidates
SELECT probe.job_id, probe.kind, probe.tenant_id
FROM unnest($3::smallint[], $4::text[], $5::integer[]) AS turn (priority, kind, most)
CROSS JOIN LATERAL (
    SELECT job_id, jobs.kind, tenant_id FROM jobs
    WHERE state = 'waiting' AND job_class = $1 AND jobs.kind = turn.kind AND jobs.priority = turn.priority AND not_before <= $2
    ORDER BY not_before
    LIMIT turn.most
    FOR NO KEY UPDATE SKIP LOCKED
) AS probe
LIMIT $6;

-- name: claim_these
-- Of candidates, which are locked.
UPDATE jobs
SET state = 'running', fence = fence + 1, worker = $2, lease_until = $3, started_at = $1, waiting_for = 'due', woken = false
WHERE job_id = ANY ($4::text[])
RETURNING *;

-- name: put_off
UPDATE jobs SET not_before = late.opening, waiting_for = 'window'
FROM unnest($1::text[], $2::timestamptz[]) AS late (job_id, opening)
WHERE jobs.job_id = late.job_id;

-- name: save_limits
UPDATE job_limits SET tokens = taken.tokens, filled_at = $1
FROM unnest($2::text[], $3::double precision[]) AS taken (limited, tokens)
WHERE job_limits.limited = taken.limited;

-- name: complete
-- Locked in order first, as `cancel_jobs` does.
WITH locked AS MATERIALIZED (
    SELECT job_id FROM jobs WHERE job_id = ANY ($2::text[]) AND state = 'running' ORDER BY job_id COLLATE "C" FOR NO KEY UPDATE
)
UPDATE jobs
SET state = 'succeeded', finished_at = $1, result = done.result::jsonb, progress = coalesce(done.progress::jsonb, jobs.progress),
    lease_until = NULL, cancel_requested = false, error_slug = '', error = ''
FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[]) AS done (job_id, fence, result, progress) JOIN locked USING (job_id)
WHERE jobs.job_id = done.job_id AND jobs.fence = done.fence AND jobs.state = 'running'
RETURNING jobs.job_id, jobs.fence;

-- name: beat_worker
INSERT INTO workers (worker, started_at, last_seen, running, drained_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (worker) DO UPDATE
SET last_seen = excluded.last_seen, running = excluded.running, drained_at = excluded.drained_at
RETURNING drain_requested, clock_timestamp() AS at;

-- name: beat_runs
-- A run whose row is locked has a step open, or is being ended: it is left alone, and is still the worker's.
WITH mine AS (
    SELECT jobs.job_id, jobs.fence, cancel_requested, run.progress
    FROM unnest($1::text[], $2::bigint[], $3::text[]) AS run (job_id, fence, progress)
    JOIN jobs ON jobs.job_id = run.job_id AND jobs.fence = run.fence AND state = 'running'
), free AS (
    SELECT jobs.job_id FROM jobs JOIN mine ON jobs.job_id = mine.job_id AND jobs.fence = mine.fence
    WHERE state = 'running'
    FOR NO KEY UPDATE OF jobs SKIP LOCKED
), renewed AS (
    UPDATE jobs SET lease_until = $4, progress = coalesce(mine.progress::jsonb, jobs.progress)
    FROM free JOIN mine USING (job_id)
    WHERE jobs.job_id = free.job_id AND jobs.fence = mine.fence AND state = 'running'
)
SELECT job_id, fence, cancel_requested FROM mine;

-- name: let_out
UPDATE jobs SET not_before = due_at, waiting_for = 'due'
WHERE job_id = ANY (ARRAY(
    SELECT job_id FROM jobs WHERE state = 'waiting' AND waiting_for = 'window' LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED
))
RETURNING true;

-- name: leave
DELETE FROM workers WHERE worker = $1 OR last_seen < $2;

-- name: server_time
SELECT clock_timestamp();
