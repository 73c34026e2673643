-- What people look at.

-- name: view_job
SELECT * FROM jobs WHERE job_id = $1;

-- name: attempts
SELECT * FROM job_attempts WHERE job_id = $1 ORDER BY fence DESC LIMIT $2;

-- name: workers
SELECT * FROM workers ORDER BY started_at DESC, worker LIMIT 1000;

-- name: request_drain
UPDATE workers SET drain_requested = $2 WHERE worker = $1 RETURNING true;

-- name: counts
-- From group to group of the index, without reading what is in between.
WITH RECURSIVE groups AS (
    (
        SELECT job_class, kind, priority, not_before FROM jobs WHERE state = 'waiting'
        ORDER BY job_class, kind, priority, not_before LIMIT 1
    )
    UNION ALL
    SELECT next.* FROM groups, LATERAL (
        SELECT job_class, kind, priority, not_before FROM jobs
        WHERE state = 'waiting' AND (job_class, kind, priority) > (groups.job_class, groups.kind, groups.priority)
        ORDER BY job_class, kind, priority, not_before LIMIT 1
    ) AS next
)
SELECT
    class.job_class,
    (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'waiting' AND job_class = class.job_class LIMIT 100000) AS counted) AS waiting,
    (SELECT min(not_before) FROM groups WHERE groups.job_class = class.job_class) AS oldest,
    (SELECT count(*) FROM jobs WHERE state = 'running' AND job_class = class.job_class) AS running,
    (
        SELECT count(*) FROM (
            SELECT FROM jobs WHERE state IN ('failed', 'cancelled') AND state = 'failed' AND job_class = class.job_class LIMIT 100000
        ) AS counted
    ) AS failed
FROM (VALUES ('critical'), ('bulk')) AS class (job_class);

-- name: waiting
SELECT
    (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'waiting' AND job_class = 'critical' LIMIT 100000) AS counted) AS critical_jobs,
    (SELECT count(*) FROM (SELECT FROM jobs WHERE state = 'waiting' AND job_class = 'bulk' LIMIT 100000) AS counted) AS bulk_jobs,
    (SELECT count(*) FROM emails WHERE state = 'waiting') AS emails;

-- name: tally
-- As above: from kind to kind of each index; what is counted is read from the index alone, and no further than is shown.
WITH RECURSIVE waiting AS (
    (SELECT job_class, kind FROM jobs WHERE state = 'waiting' ORDER BY job_class, kind LIMIT 1)
    UNION ALL
    SELECT next.* FROM waiting, LATERAL (
        SELECT job_class, kind FROM jobs
        WHERE state = 'waiting' AND (job_class, kind) > (waiting.job_class, waiting.kind)
        ORDER BY job_class, kind LIMIT 1
    ) AS next
), succeeded AS (
    (SELECT kind FROM jobs WHERE state = 'succeeded' ORDER BY kind LIMIT 1)
    UNION ALL
    SELECT next.* FROM succeeded, LATERAL (
        SELECT kind FROM jobs WHERE state = 'succeeded' AND kind > succeeded.kind ORDER BY kind LIMIT 1
    ) AS next
), failed AS (
    (SELECT kind FROM jobs WHERE state IN ('failed', 'cancelled') ORDER BY kind LIMIT 1)
    UNION ALL
    SELECT next.* FROM failed, LATERAL (
        SELECT kind FROM jobs WHERE state IN ('failed', 'cancelled') AND kind > failed.kind ORDER BY kind LIMIT 1
    ) AS next
)
SELECT kind, job_class, 'waiting' AS state, counted.count FROM waiting, LATERAL (
    SELECT count(*) AS count FROM (
        SELECT FROM jobs WHERE state = 'waiting' AND job_class = waiting.job_class AND kind = waiting.kind LIMIT 100000
    ) AS counted_rows
) AS counted
UNION ALL
SELECT kind, job_class, 'running', count(*) FROM jobs WHERE state = 'running' GROUP BY kind, job_class
UNION ALL
SELECT counted.* FROM succeeded, LATERAL (
    SELECT kind, job_class, 'succeeded', count(*) FROM (
        SELECT kind, job_class FROM jobs WHERE state = 'succeeded' AND kind = succeeded.kind AND finished_at >= $1 LIMIT 100000
    ) AS counted_rows GROUP BY kind, job_class
) AS counted
UNION ALL
SELECT counted.* FROM failed, LATERAL (
    SELECT kind, job_class, state, count(*) FROM (
        SELECT kind, job_class, state FROM jobs
        WHERE state IN ('failed', 'cancelled') AND kind = failed.kind AND finished_at >= $1 LIMIT 100000
    ) AS counted_rows GROUP BY kind, job_class, state
) AS counted
ORDER BY kind, job_class, state;
