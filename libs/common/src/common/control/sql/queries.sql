-- name: current
SELECT DISTINCT ON (name, scope) name, scope, version, value, reason, actor, set_at, expires_at
FROM settings
ORDER BY name, scope, version DESC

-- name: lock
SELECT pg_advisory_xact_lock(hashtext('control ' || $1 || ' ' || $2))

-- name: newest
SELECT max(version) FROM settings WHERE name = $1 AND scope = $2

-- name: count
SELECT count(*) FROM (SELECT DISTINCT name, scope FROM settings) AS known

-- name: add
INSERT INTO settings (name, scope, version, value, reason, actor, set_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: history
SELECT name, scope, version, value, reason, actor, set_at, expires_at
FROM settings
WHERE ($1 = '' OR name = $1) AND ($2::text IS NULL OR scope = $2)
ORDER BY set_at DESC, version DESC
LIMIT $3
