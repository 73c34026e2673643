-- name: add_usage
INSERT INTO usage (tenant_id, kind, source_id, quantity, occurred_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
RETURNING true;

-- name: purge_usage
WITH old AS (
    SELECT tenant_id, kind, source_id FROM usage
    WHERE tenant_id = $1 AND occurred_at < $2
    ORDER BY occurred_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
DELETE FROM usage USING old
WHERE usage.tenant_id = old.tenant_id AND usage.kind = old.kind AND usage.source_id = old.source_id;

-- name: save_account
INSERT INTO accounts (tenant_id, version, time_zone, api_key_sha256)
VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id) DO UPDATE
SET version = excluded.version, time_zone = excluded.time_zone, api_key_sha256 = excluded.api_key_sha256, deleted = false
WHERE accounts.version <= excluded.version
RETURNING true;

-- A tombstone, so that an older change which comes later does not bring the tenant back.
-- name: remove_account
INSERT INTO accounts (tenant_id, version, time_zone, api_key_sha256, deleted)
VALUES ($1, $2, 'UTC', '{}', true)
ON CONFLICT (tenant_id) DO UPDATE
SET version = excluded.version, api_key_sha256 = '{}', deleted = true
WHERE accounts.version <= excluded.version;

-- name: open_entitlement
INSERT INTO entitlements (tenant_id, version, plan, state, changed_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
RETURNING true;

-- name: entitlements
SELECT tenant_id, version, plan, state, changed_at FROM entitlements ORDER BY tenant_id;

-- name: entitlement_of
SELECT tenant_id, version, plan, state, changed_at FROM entitlements WHERE tenant_id = $1;

-- name: accounts
SELECT tenant_id, version, time_zone, api_key_sha256 FROM accounts WHERE NOT deleted ORDER BY tenant_id;

-- name: usage
SELECT
    coalesce(sum(quantity) FILTER (WHERE kind = 'call'), 0)::bigint AS calls,
    coalesce(sum(quantity) FILTER (WHERE kind = 'appointment'), 0)::bigint AS appointments,
    coalesce(sum(quantity) FILTER (WHERE kind = 'text'), 0)::bigint AS texts
FROM usage
WHERE tenant_id = $1 AND occurred_at >= $2 AND occurred_at < $3;
