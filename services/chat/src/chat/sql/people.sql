-- Customers and the promises to them.

-- name: lock_customer
SELECT customer_id, version, phone, name, address, email, language, said_at, created_at
FROM customers
WHERE tenant_id = $1 AND phone = $2
FOR UPDATE;

-- name: add_customer
INSERT INTO customers (tenant_id, customer_id, version, phone, name, address, email, language, said_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT DO NOTHING
RETURNING true;

-- name: save_customer
UPDATE customers
SET version = $3, name = $4, address = $5, email = $6, language = $7, said_at = $8
WHERE tenant_id = $1 AND customer_id = $2;

-- name: customers
SELECT customer_id, version, phone, name, address, email, language, said_at, created_at
FROM customers
WHERE tenant_id = $1 AND ($2::text IS NULL OR phone = $2) AND (created_at, customer_id) > ($3, $4)
ORDER BY created_at, customer_id
LIMIT $5;

-- name: customers_after
SELECT tenant_id, customer_id, version, phone, name, address, email, language, said_at, created_at
FROM customers
WHERE (tenant_id, customer_id) > ($1, $2)
ORDER BY tenant_id, customer_id
LIMIT $3;

-- name: lock_callback
SELECT callback_id, call_id, channel, reason, phone, name, message, language, promised_at, due_at, recording_url, status,
    kept_at
FROM callbacks
WHERE tenant_id = $1 AND callback_id = $2
FOR UPDATE;

-- name: add_callback
INSERT INTO callbacks
    (tenant_id, callback_id, call_id, channel, reason, phone, name, message, language, promised_at, due_at,
     recording_url, status, kept_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
ON CONFLICT (tenant_id, callback_id) DO NOTHING
RETURNING true;

-- name: save_callback
UPDATE callbacks
SET call_id = $3, channel = $4, reason = $5, phone = $6, name = $7, message = $8, language = $9, promised_at = $10,
    due_at = $11, recording_url = $12, status = $13, kept_at = $14
WHERE tenant_id = $1 AND callback_id = $2;

-- name: callbacks
SELECT callback_id, call_id, channel, reason, phone, name, message, language, promised_at, due_at, recording_url, status,
    kept_at
FROM callbacks
WHERE tenant_id = $1 AND status = ANY ($2::text[]) AND (due_at, callback_id) > ($3, $4)
ORDER BY due_at, callback_id
LIMIT $5;

-- name: promises
SELECT count(*) AS open, count(*) FILTER (WHERE due_at < $1) AS overdue FROM callbacks WHERE status = 'open';
