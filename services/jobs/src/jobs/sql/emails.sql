-- name: add_email
INSERT INTO emails (email_id, tenant_id, recipient, subject, body, purpose, language, accepted_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING
RETURNING true;
