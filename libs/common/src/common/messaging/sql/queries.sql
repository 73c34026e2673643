-- Every statement runs with the service's schema as its search path.

-- name: add_outbox
INSERT INTO outbox (event_id, exchange, routing_key, body, headers)
SELECT event_id, exchange, routing_key, body, headers
FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::jsonb[])
    WITH ORDINALITY AS new (event_id, exchange, routing_key, body, headers, position)
ORDER BY position;

-- name: claim_outbox
WITH due AS (
    SELECT outbox_id FROM outbox
    WHERE not_before <= $1
    ORDER BY outbox_id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE outbox
SET not_before = $3, attempts = attempts + 1
FROM due
WHERE outbox.outbox_id = due.outbox_id
RETURNING outbox.outbox_id, event_id, exchange, routing_key, body, headers, attempts;

-- name: mark_sent
DELETE FROM outbox WHERE outbox_id = ANY ($1::bigint[]);

-- name: postpone
UPDATE outbox
SET not_before = refused.not_before, error = refused.error
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[]) AS refused (outbox_id, error, not_before)
WHERE outbox.outbox_id = refused.outbox_id;

-- name: release
UPDATE outbox SET not_before = '-infinity', attempts = attempts - 1 WHERE outbox_id = ANY ($1::bigint[]);

-- name: backlog
SELECT count(*) AS count, min(created_at) AS oldest
FROM (SELECT created_at FROM outbox ORDER BY outbox_id LIMIT 100000) AS owed;

-- name: claim_inbox
WITH taken_back AS (
    DELETE FROM message_retries WHERE consumer = $1 AND event_id = $2
)
INSERT INTO inbox (consumer, event_id, state)
VALUES ($1, $2, 'applied')
ON CONFLICT (consumer, event_id) DO UPDATE SET state = 'applied', cause = ''
WHERE inbox.state IN ('pending', 'parked')
RETURNING true;

-- name: claim_inbox_many
-- In order, so that two that claim the same events wait for each other instead of locking each other out.
WITH taken_back AS (
    DELETE FROM message_retries WHERE consumer = $1 AND event_id = ANY ($2::text[])
)
INSERT INTO inbox (consumer, event_id, state)
SELECT $1, event_id, 'applied' FROM unnest($2::text[]) AS wanted (event_id) ORDER BY event_id
ON CONFLICT (consumer, event_id) DO UPDATE SET state = 'applied', cause = ''
WHERE inbox.state IN ('pending', 'parked')
RETURNING event_id;

-- name: save_retry
WITH accepted AS (
    INSERT INTO inbox (consumer, event_id, state, cause)
    VALUES ($1, $2, 'pending', $8)
    ON CONFLICT (consumer, event_id) DO UPDATE SET state = 'pending', cause = excluded.cause
    WHERE inbox.state IN ('pending', 'parked')
    RETURNING consumer, event_id
)
INSERT INTO message_retries (consumer, event_id, routing_key, body, headers, attempts, not_before, error)
SELECT consumer, event_id, $3::text, $4::bytea, $5::jsonb, $6::integer, $7::timestamptz, $8::text FROM accepted
ON CONFLICT (consumer, event_id) DO UPDATE
SET attempts = greatest(excluded.attempts, message_retries.attempts),
    not_before = excluded.not_before,
    error = excluded.error;

-- name: due_retries
WITH due AS (
    SELECT consumer, event_id FROM message_retries
    WHERE not_before <= $1 AND consumer = ANY ($2::text[])
    ORDER BY not_before
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE message_retries AS retry
SET not_before = $4
FROM due
WHERE retry.consumer = due.consumer AND retry.event_id = due.event_id
RETURNING retry.consumer, retry.event_id, routing_key, body, headers, attempts, not_before, error;

-- name: record_parked
WITH taken_back AS (
    DELETE FROM message_retries WHERE consumer = $1 AND event_id = $2
)
INSERT INTO inbox (consumer, event_id, state, cause)
VALUES ($1, $2, 'parked', $3)
ON CONFLICT (consumer, event_id) DO UPDATE SET state = 'parked', cause = excluded.cause
WHERE inbox.state IN ('pending', 'parked');

-- name: park_retry
WITH noted AS (
    UPDATE inbox SET state = 'parked', cause = $3
    WHERE consumer = $1 AND event_id = $2 AND state = 'pending'
    RETURNING consumer, event_id
), taken_back AS (
    DELETE FROM message_retries AS retry USING noted
    WHERE retry.consumer = noted.consumer AND retry.event_id = noted.event_id
)
INSERT INTO outbox (event_id, exchange, routing_key, body, headers)
SELECT event_id, $4::text, $5::text, $6::bytea, $7::jsonb FROM noted;

-- name: record_discarded
WITH taken_back AS (
    DELETE FROM message_retries WHERE consumer = $1 AND event_id = ANY ($2::text[])
)
INSERT INTO inbox (consumer, event_id, state)
SELECT $1, event_id, 'discarded' FROM unnest($2::text[]) AS thrown (event_id)
ON CONFLICT (consumer, event_id) DO UPDATE SET state = 'discarded'
WHERE inbox.state IN ('pending', 'parked')
RETURNING event_id;

-- name: prune_inbox
DELETE FROM inbox
WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM inbox WHERE received_at < $1 AND state IN ('applied', 'discarded') LIMIT $2
))
RETURNING true;
