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

-- name: waiting
SELECT
    (SELECT count(*) FROM jobs WHERE state = 'waiting' AND job_class = 'critical') AS critical_jobs,
    (SELECT count(*) FROM jobs WHERE state = 'waiting' AND job_class = 'bulk') AS bulk_jobs,
    (SELECT count(*) FROM emails WHERE state = 'waiting') AS emails;
