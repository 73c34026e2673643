-- name: add_export
INSERT INTO exports (export_id, tenant_id, records, state, created_at, changed_at, job_id)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: find_export
SELECT * FROM exports WHERE export_id = $1;

-- name: lock_export
SELECT * FROM exports WHERE export_id = $1 FOR UPDATE;

-- name: save_export
UPDATE exports
SET state = $2, changed_at = $3, after_key = $4, parts = $5, row_count = $6, size = $7, failure = $8, forgotten_at = $9
WHERE export_id = $1;

-- name: listed_exports
SELECT * FROM exports
WHERE tenant_id = $1 AND ($2::timestamptz IS NULL OR (created_at, export_id) < ($2, $3))
ORDER BY created_at DESC, export_id DESC
LIMIT $4;

-- name: lock_exports_of
SELECT pg_advisory_xact_lock(hashtextextended('exports of ' || $1, 0));

-- name: count_open_exports
SELECT count(*) FROM exports WHERE tenant_id = $1 AND state IN ('waiting', 'running');

-- name: add_part
INSERT INTO export_parts (export_id, part, body) VALUES ($1, $2, $3);

-- name: part
SELECT body FROM export_parts WHERE export_id = $1 AND part = $2;

-- name: lock_stale_exports
SELECT * FROM exports
WHERE forgotten_at IS NULL AND changed_at < $1 AND state IN ('done', 'failed')
ORDER BY changed_at
LIMIT $2
FOR UPDATE SKIP LOCKED;

-- name: lock_open_exports
SELECT * FROM exports
WHERE state IN ('waiting', 'running') AND ($1::text IS NULL OR export_id > $1)
ORDER BY export_id
LIMIT $2
FOR UPDATE SKIP LOCKED;

-- name: forget_export
UPDATE exports SET forgotten_at = $2 WHERE export_id = $1;

-- name: remove_parts
DELETE FROM export_parts WHERE export_id = ANY ($1::text[]);

-- name: discard_over_exports
DELETE FROM exports WHERE export_id = ANY (ARRAY(
    SELECT export_id FROM exports
    WHERE tenant_id = $1 AND created_at < $2 AND changed_at < $2 AND state IN ('done', 'failed')
    ORDER BY created_at
    LIMIT 20
    FOR UPDATE SKIP LOCKED
))
RETURNING export_id;
