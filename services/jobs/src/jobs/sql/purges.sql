-- name: add_report
INSERT INTO purge_reports (job_id, round, service, deleted, finished_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
RETURNING true;

-- name: reports
SELECT service, deleted FROM purge_reports WHERE job_id = $1 AND round = $2;

-- name: forget_reports
DELETE FROM purge_reports WHERE job_id = $1;
