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

-- name: empty_emails
UPDATE emails SET recipient = '', subject = '', body = '', purged_at = $3
WHERE email_id = ANY (ARRAY(
    SELECT email_id FROM emails
    WHERE tenant_id = $1 AND settled_at < $2 AND purged_at IS NULL AND state <> 'waiting'
    ORDER BY settled_at
    LIMIT $4
    FOR UPDATE SKIP LOCKED
));

-- name: forget_emails
DELETE FROM emails WHERE email_id = ANY (ARRAY(
    SELECT email_id FROM emails
    WHERE tenant_id = $1 AND settled_at < $2 AND purged_at IS NOT NULL
    ORDER BY settled_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
));
