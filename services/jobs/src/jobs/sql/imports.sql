-- name: add_import
INSERT INTO imports (import_id, tenant_id, state, filename, created_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6);

-- name: find_import
SELECT * FROM imports WHERE import_id = $1;

-- name: lock_import
SELECT * FROM imports WHERE import_id = $1 FOR UPDATE;

-- name: save_import
UPDATE imports
SET state = $2, changed_at = $3, size = $4, sha256 = $5, encoding = $6, shape = $7, plan = $8, job_id = $9, runs = $10,
    place = $11, tally = $12, finished_reading = $13, checked = $14, issues_kept = $15, failure = $16, dry = $17
WHERE import_id = $1;

-- name: listed_imports
SELECT * FROM imports
WHERE tenant_id = $1 AND ($2::timestamptz IS NULL OR (created_at, import_id) < ($2, $3))
ORDER BY created_at DESC, import_id DESC
LIMIT $4;

-- name: count_open_imports
SELECT count(*) FROM imports
WHERE tenant_id = $1 AND state IN ('uploading', 'ready', 'checking', 'importing') AND forgotten_at IS NULL;

-- name: add_chunk
INSERT INTO import_chunks (import_id, begins_at, body) VALUES ($1, $2, $3);

-- name: chunk_at
SELECT begins_at, body FROM import_chunks
WHERE import_id = $1 AND begins_at <= $2
ORDER BY begins_at DESC
LIMIT 1;

-- name: add_batches
INSERT INTO import_batches (import_id, batch, sent_at) SELECT $1, unnest($2::integer[]), $3;

-- name: note_applied
UPDATE import_batches
SET applied_at = $3, created = $4, updated = $5, unchanged = $6, refused = $7
WHERE import_id = $1 AND batch = $2 AND applied_at IS NULL
RETURNING true;

-- name: in_flight
SELECT count(*) FROM import_batches WHERE import_id = $1 AND applied_at IS NULL;

-- name: applied
SELECT count(*)::integer AS batches, count(applied_at)::integer AS answered,
    coalesce(sum(created), 0)::integer AS created, coalesce(sum(updated), 0)::integer AS updated,
    coalesce(sum(unchanged), 0)::integer AS unchanged, coalesce(sum(refused), 0)::integer AS refused
FROM import_batches WHERE import_id = $1;

-- name: add_issues
-- Cells come as JSON: rows have different numbers of them, which an array of arrays can't hold.
INSERT INTO import_errors (import_id, line, refused, slugs, same_as_line, cells)
SELECT $1, line, refused, string_to_array(slugs, ' '), same_as_line, ARRAY(SELECT jsonb_array_elements_text(cells))
FROM unnest($2::bigint[], $3::boolean[], $4::text[], $5::bigint[], $6::jsonb[])
    AS issue (line, refused, slugs, same_as_line, cells)
ON CONFLICT (import_id, line) DO UPDATE
SET refused = true, slugs = excluded.slugs
WHERE NOT import_errors.refused AND excluded.refused;

-- name: issues_after
SELECT line, refused, slugs, same_as_line, cells FROM import_errors
WHERE import_id = $1 AND line > $2
ORDER BY line
LIMIT $3;

-- name: remove_issues
DELETE FROM import_errors WHERE import_id = $1;

-- name: remove_chunks
DELETE FROM import_chunks WHERE import_id = $1;

-- name: remove_batches
DELETE FROM import_batches WHERE import_id = $1;

-- name: remove_import
DELETE FROM imports WHERE import_id = $1;

-- name: lock_stale_imports
SELECT * FROM imports
WHERE forgotten_at IS NULL AND (
    state = 'uploading' AND changed_at < $1 OR state NOT IN ('uploading', 'checking', 'importing') AND changed_at < $2
)
ORDER BY changed_at
LIMIT $3
FOR UPDATE SKIP LOCKED;

-- name: lock_imports_at_work
SELECT * FROM imports
WHERE state IN ('checking', 'importing') AND ($1::text IS NULL OR import_id > $1)
ORDER BY import_id
LIMIT $2
FOR UPDATE SKIP LOCKED;

-- name: forget_import
UPDATE imports SET shape = shape - 'sample', forgotten_at = $2 WHERE import_id = $1;

-- name: lock_over_imports
SELECT import_id FROM imports
WHERE tenant_id = $1 AND created_at < $2 AND changed_at < $2 AND state IN ('done', 'cancelled', 'failed')
ORDER BY created_at
LIMIT 10
FOR UPDATE SKIP LOCKED;
