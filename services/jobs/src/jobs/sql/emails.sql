-- name: add_email
INSERT INTO emails (email_id, tenant_id, recipient, subject, body, purpose, language, accepted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
RETURNING true;

-- name: email
SELECT email_id, tenant_id, recipient, subject, body, purpose, language, accepted_at, state, settled_at, cause, purged_at
FROM emails WHERE email_id = $1;

-- name: settle_email
UPDATE emails SET state = $2, settled_at = $3, cause = $4 WHERE email_id = $1 AND state <> 'sent';

-- name: waiting_after
SELECT email_id, tenant_id, recipient, subject, body, purpose, language, accepted_at, state, settled_at, cause, purged_at
FROM emails WHERE state = 'waiting' AND email_id > $1 ORDER BY email_id LIMIT $2;
