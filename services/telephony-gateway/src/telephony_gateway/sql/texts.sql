-- Texts and consents.

-- name: add_text
INSERT INTO texts (
    text_id, tenant_id, call_id, from_phone, to_phone, body, purpose, lang, created_at, due_at, not_after,
    wait_for_quiet_hours, basis, updated_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $9)
ON CONFLICT (text_id) DO NOTHING
RETURNING true;

-- name: keep_text
-- A report of a text that was sent without the database; the later of two reports wins (see Text.progress).
INSERT INTO texts (
    text_id, tenant_id, call_id, from_phone, to_phone, body, purpose, lang, created_at, due_at, not_after,
    wait_for_quiet_hours, basis, updated_at, status, attempts, lookups, provider_id, error, sent_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT (text_id) DO UPDATE
SET due_at = excluded.due_at, updated_at = excluded.updated_at, status = excluded.status, attempts = excluded.attempts,
    lookups = excluded.lookups, provider_id = coalesce(nullif(excluded.provider_id, ''), texts.provider_id),
    error = excluded.error, sent_at = coalesce(texts.sent_at, excluded.sent_at)
WHERE (
    CASE WHEN texts.status IN ('queued', 'sending', 'unknown') THEN 0 WHEN texts.status = 'sent' THEN 1 ELSE 2 END,
    texts.attempts, texts.lookups, CASE texts.status WHEN 'queued' THEN 1 WHEN 'unknown' THEN 2 ELSE 0 END
) < (
    CASE WHEN excluded.status IN ('queued', 'sending', 'unknown') THEN 0 WHEN excluded.status = 'sent' THEN 1 ELSE 2 END,
    excluded.attempts, excluded.lookups, CASE excluded.status WHEN 'queued' THEN 1 WHEN 'unknown' THEN 2 ELSE 0 END
);

-- name: add_consent
INSERT INTO consents (tenant_id, phone, dialled_phone, word, said, source, at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (source) DO NOTHING;

-- name: opted_out
-- The last word decides; for a text that waited since $4, any STOP after that does.
WITH said AS (
    SELECT word, at, consent_id FROM consents
    WHERE phone = $2 AND word <> 'help' AND (tenant_id = $1 OR (tenant_id = '' AND dialled_phone = $3))
)
SELECT coalesce((SELECT word = 'stop' FROM said ORDER BY at DESC, consent_id DESC LIMIT 1), false)
    OR EXISTS (SELECT FROM said WHERE word = 'stop' AND at >= $4::timestamptz);

-- name: dealt_with
SELECT EXISTS (SELECT FROM copy_customers WHERE tenant_id = $1 AND phone = $2 AND NOT deleted)
    OR EXISTS (SELECT FROM call_sessions WHERE tenant_id = $1 AND caller_phone = $2 AND caller_phone <> '');

-- name: claim_texts
WITH due AS (
    SELECT text_id FROM texts
    WHERE status IN ('queued', 'sending', 'unknown') AND due_at <= $1
    ORDER BY (purpose = 'alert') DESC, due_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE texts
SET due_at = $2, status = CASE status WHEN 'sending' THEN 'unknown' ELSE status END
FROM due
WHERE texts.text_id = due.text_id
RETURNING texts.text_id, tenant_id, call_id, from_phone, to_phone, body, purpose, lang, created_at, not_after,
    wait_for_quiet_hours, basis, status, due_at, attempts, lookups, provider_id, error;

-- name: begin_text
UPDATE texts SET status = 'sending', attempts = attempts + 1, due_at = $3, updated_at = $2
WHERE text_id = $1 AND (status = 'queued' OR (status = 'unknown' AND purpose = 'alert'))
RETURNING true;

-- name: lock_recipient
SELECT pg_advisory_xact_lock(hashtextextended($1, 0));

-- name: automated_before
-- Under the lock of `lock_recipient`: what its recipient got lately, or may have got.
SELECT
    coalesce(bool_or(body = $4 AND begun_at > $5), false) AS twin,
    coalesce(bool_or(basis = 'marketing' AND begun_at > $6), false) AS marketing
FROM texts
WHERE tenant_id = $1 AND to_phone = $2 AND text_id <> $3 AND begun_at > least($5, $6)
    AND status IN ('sending', 'unknown', 'sent', 'delivered', 'undelivered', 'parked');

-- name: begin_automated
UPDATE texts SET status = 'sending', attempts = attempts + 1, due_at = $3, updated_at = $2, begun_at = $2
WHERE text_id = $1 AND status = 'queued'
RETURNING true;

-- name: record_text
UPDATE texts
SET status = $2,
    updated_at = $3,
    due_at = coalesce($4, due_at),
    provider_id = CASE WHEN $5::text = '' THEN provider_id ELSE $5 END,
    error = $6,
    lookups = $7,
    sent_at = CASE WHEN $2 = 'sent' THEN $3 ELSE sent_at END
WHERE text_id = $1 AND status IN ('queued', 'sending', 'unknown')
    AND ($2 <> 'queued' OR $8::integer IS NULL OR attempts = $8)
RETURNING true;

-- name: record_status
UPDATE texts
SET status = $2, error = $3, updated_at = $4, provider_id = $1, sent_at = coalesce(sent_at, $4)
WHERE (provider_id = $1 OR ($5::text <> '' AND text_id = $5 AND provider_id = ''))
    AND status IN ('queued', 'sending', 'unknown', 'sent')
RETURNING text_id, tenant_id, call_id, from_phone, to_phone, body, purpose, lang, created_at, not_after,
    wait_for_quiet_hours, basis, status, due_at, attempts, lookups, provider_id, error;

-- name: sent_since
SELECT count(*) FROM texts WHERE tenant_id = $1 AND sent_at >= $2;

-- name: texts_waiting
SELECT count(*) AS count, min(due_at) FILTER (WHERE due_at <= $1) AS oldest
FROM texts WHERE status IN ('queued', 'sending', 'unknown');
