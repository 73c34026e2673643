-- name: add_job
INSERT INTO jobs (job_id, tenant_id, kind, unique_key, job_class, submitted_at, not_before, payload)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
RETURNING true;

-- name: add_email
INSERT INTO emails (email_id, tenant_id, recipient, subject, body, purpose, language, accepted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
RETURNING true;

-- name: waiting
SELECT
    (SELECT count(*) FROM jobs WHERE state = 'waiting' AND job_class = 'critical') AS critical_jobs,
    (SELECT count(*) FROM jobs WHERE state = 'waiting' AND job_class = 'bulk') AS bulk_jobs,
    (SELECT count(*) FROM emails WHERE state = 'waiting') AS emails;
