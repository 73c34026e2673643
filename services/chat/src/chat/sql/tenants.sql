-- Tenants, their numbers and their keys; the rounds in which copies are published again.

-- name: tenant
SELECT version, settings FROM tenants WHERE tenant_id = $1;

-- name: lock_tenant
SELECT version, settings FROM tenants WHERE tenant_id = $1 FOR NO KEY UPDATE;

-- name: add_tenant
INSERT INTO tenants (tenant_id, version, settings, created_at, changed_at)
VALUES ($1, $2, $3, $4, $4)
ON CONFLICT (tenant_id) DO NOTHING
RETURNING true;

-- name: save_tenant
UPDATE tenants SET version = $2, settings = $3, changed_at = $4 WHERE tenant_id = $1;

-- name: release_numbers
DELETE FROM tenant_numbers WHERE tenant_id = $1 AND phone <> ALL ($2::text[]);

-- name: claim_numbers
INSERT INTO tenant_numbers (phone, tenant_id)
SELECT phone, $1 FROM unnest($2::text[]) AS wanted (phone)
ON CONFLICT (phone) DO UPDATE SET tenant_id = excluded.tenant_id
WHERE tenant_numbers.tenant_id = excluded.tenant_id
RETURNING phone;

-- name: release_keys
DELETE FROM tenant_keys WHERE tenant_id = $1 AND sha256 <> ALL ($2::text[]);

-- name: claim_keys
INSERT INTO tenant_keys (sha256, tenant_id)
SELECT sha256, $1 FROM unnest($2::text[]) AS wanted (sha256)
ON CONFLICT (sha256) DO UPDATE SET tenant_id = excluded.tenant_id
WHERE tenant_keys.tenant_id = excluded.tenant_id
RETURNING sha256;

-- name: tenant_of_key
SELECT tenant_id, sha256 FROM tenant_keys WHERE sha256 = $1;

-- name: tenants_after
SELECT version, settings FROM tenants WHERE tenant_id > $1 ORDER BY tenant_id LIMIT $2;

-- name: add_resync
INSERT INTO resyncs (resync_id, requested_by, requested_at, stage, after_tenant, after_id, published, done_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (resync_id) DO NOTHING
RETURNING true;

-- name: claim_resync
SELECT resync_id, requested_by, requested_at, stage, after_tenant, after_id, published, done_at
FROM resyncs
WHERE stage <> 'done'
ORDER BY requested_at, resync_id
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: save_resync
UPDATE resyncs
SET stage = $2, after_tenant = $3, after_id = $4, published = $5, done_at = $6
WHERE resync_id = $1;
