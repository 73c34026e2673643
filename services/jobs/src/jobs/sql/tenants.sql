-- Copies: the highest version wins.

-- name: save_tenant
INSERT INTO tenants (tenant_id, version, settings, deleted)
VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id) DO UPDATE
SET version = excluded.version, settings = excluded.settings, deleted = excluded.deleted
WHERE tenants.version < excluded.version
RETURNING true;

-- name: tenant
SELECT tenant_id, version, settings, deleted FROM tenants WHERE tenant_id = $1;

-- name: tenant_of_key
SELECT tenant_id, version, settings, deleted FROM tenants
WHERE settings -> 'api_key_sha256' ? $1 AND NOT deleted
LIMIT 1;

-- name: lock_tenants_after
SELECT tenant_id, version, settings, deleted FROM tenants WHERE tenant_id > $1 ORDER BY tenant_id LIMIT $2 FOR UPDATE;

-- name: tenants_told
SELECT EXISTS (SELECT FROM tenants);
