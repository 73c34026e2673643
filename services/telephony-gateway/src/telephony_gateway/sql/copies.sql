-- Copies: the highest version wins. `changed_in` is the transaction that wrote the row, for the other replicas: whoever has read
-- everything below a snapshot's xmin, where all transactions have ended, misses nothing by reading on from there.

-- name: save_tenant
INSERT INTO copy_tenants (tenant_id, version, settings, deleted)
VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id) DO UPDATE
SET version = excluded.version, settings = excluded.settings, deleted = excluded.deleted, changed_in = pg_current_xact_id()
WHERE copy_tenants.version < excluded.version
RETURNING true;

-- name: save_visit
INSERT INTO copy_visits (
    appointment_id, tenant_id, version, booking_id, customer_phone, service, lane, starts_at, ends_at, cancelled
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (appointment_id) DO UPDATE
SET version = excluded.version, customer_phone = excluded.customer_phone, service = excluded.service, lane = excluded.lane,
    starts_at = excluded.starts_at, ends_at = excluded.ends_at, cancelled = excluded.cancelled, changed_in = pg_current_xact_id()
WHERE copy_visits.version < excluded.version
RETURNING true;

-- name: cancel_visit
INSERT INTO copy_visits (
    appointment_id, tenant_id, version, booking_id, customer_phone, service, lane, starts_at, ends_at, cancelled
)
VALUES ($1, $2, $3, $4, $5, '', 0, $6, $6, true)
ON CONFLICT (appointment_id) DO UPDATE
SET version = excluded.version, cancelled = true, changed_in = pg_current_xact_id()
WHERE copy_visits.version < excluded.version
RETURNING true;

-- name: save_customer
INSERT INTO copy_customers (tenant_id, phone, version, name, address, lang, deleted)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant_id, phone) DO UPDATE
SET version = excluded.version, name = excluded.name, address = excluded.address, lang = excluded.lang,
    deleted = excluded.deleted, changed_in = pg_current_xact_id()
WHERE copy_customers.version < excluded.version
RETURNING true;

-- name: save_customers
-- In the order of numbers, so that two batches with the same people wait for each other instead of locking each other out.
INSERT INTO copy_customers (tenant_id, phone, version, name, address, lang, deleted)
SELECT tenant_id, phone, version, name, address, lang, deleted
FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::boolean[])
    AS told (tenant_id, phone, version, name, address, lang, deleted)
ORDER BY tenant_id, phone
ON CONFLICT (tenant_id, phone) DO UPDATE
SET version = excluded.version, name = excluded.name, address = excluded.address, lang = excluded.lang,
    deleted = excluded.deleted, changed_in = pg_current_xact_id()
WHERE copy_customers.version < excluded.version
RETURNING tenant_id, phone;

-- name: save_entitlement
INSERT INTO copy_entitlements (tenant_id, version, plan, state)
VALUES ($1, $2, $3, $4)
ON CONFLICT (tenant_id) DO UPDATE
SET version = excluded.version, plan = excluded.plan, state = excluded.state, changed_in = pg_current_xact_id()
WHERE copy_entitlements.version < excluded.version
RETURNING true;

-- name: mark
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint;

-- name: tenants_since
SELECT tenant_id, version, settings, deleted FROM copy_tenants WHERE changed_in >= ($1::bigint)::text::xid8;

-- name: visits_since
SELECT appointment_id, tenant_id, version, booking_id, customer_phone, service, lane, starts_at, ends_at, cancelled
FROM copy_visits WHERE changed_in >= ($1::bigint)::text::xid8 AND ends_at >= $2;

-- name: customers_since
SELECT tenant_id, phone, version, name, address, lang, deleted FROM copy_customers
WHERE changed_in >= ($1::bigint)::text::xid8 AND (tenant_id, phone) > ($2, $3)
ORDER BY tenant_id, phone
LIMIT $4;

-- name: entitlements_since
SELECT tenant_id, version, plan, state FROM copy_entitlements WHERE changed_in >= ($1::bigint)::text::xid8;

-- name: prune_visits
DELETE FROM copy_visits WHERE ends_at < $1;
