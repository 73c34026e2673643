-- What was said.

-- name: conversation
SELECT conversation_id, kind, channel, phone, dialled_phone, started_at, last_at, ended_at, duration_s, outcome, tier,
    language, billable, transcript
FROM conversations
WHERE tenant_id = $1 AND conversation_id = $2;

-- name: add_conversation
INSERT INTO conversations
    (tenant_id, conversation_id, kind, channel, phone, dialled_phone, started_at, last_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant_id, conversation_id) DO NOTHING
RETURNING true;

-- name: end_conversation
INSERT INTO conversations
    (tenant_id, conversation_id, kind, channel, phone, dialled_phone, started_at, last_at, ended_at, duration_s, outcome,
     tier, language, billable, transcript)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (tenant_id, conversation_id) DO UPDATE
SET kind = excluded.kind, channel = excluded.channel, phone = excluded.phone, dialled_phone = excluded.dialled_phone,
    started_at = excluded.started_at, last_at = excluded.last_at, ended_at = excluded.ended_at,
    duration_s = excluded.duration_s, outcome = excluded.outcome, tier = excluded.tier, language = excluded.language,
    billable = excluded.billable, transcript = excluded.transcript;

-- name: touch_thread
INSERT INTO conversations
    (tenant_id, conversation_id, kind, channel, phone, dialled_phone, started_at, last_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant_id, phone) WHERE kind = 'texts' DO UPDATE
SET started_at = least(conversations.started_at, excluded.started_at),
    last_at = greatest(conversations.last_at, excluded.last_at),
    dialled_phone = CASE WHEN excluded.dialled_phone = '' THEN conversations.dialled_phone
        ELSE excluded.dialled_phone END;

-- name: conversations
SELECT conversation_id, kind, channel, phone, dialled_phone, started_at, last_at, ended_at, duration_s, outcome, tier,
    language, billable
FROM conversations
WHERE tenant_id = $1 AND kind = ANY ($2::text[]) AND (last_at, conversation_id) < ($3, $4)
ORDER BY last_at DESC, conversation_id DESC
LIMIT $5;

-- name: add_message
INSERT INTO text_messages (tenant_id, message_id, phone, direction, body, purpose, at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (tenant_id, message_id) DO NOTHING
RETURNING true;

-- name: messages
SELECT message_id, phone, direction, body, purpose, at
FROM text_messages
WHERE tenant_id = $1 AND phone = $2
ORDER BY at DESC, message_id DESC
LIMIT $3;

-- name: lock_emergency
SELECT alert_id, call_id, channel, category, phone, summary, detected_at, acknowledged_by, acknowledged_at
FROM emergencies
WHERE tenant_id = $1 AND alert_id = $2
FOR UPDATE;

-- name: add_emergency
INSERT INTO emergencies
    (tenant_id, alert_id, call_id, channel, category, phone, summary, detected_at, acknowledged_by, acknowledged_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (tenant_id, alert_id) DO NOTHING
RETURNING true;

-- name: save_emergency
UPDATE emergencies
SET call_id = $3, channel = $4, category = $5, phone = $6, summary = $7, detected_at = $8, acknowledged_by = $9,
    acknowledged_at = $10
WHERE tenant_id = $1 AND alert_id = $2;

-- name: emergencies
SELECT alert_id, call_id, channel, category, phone, summary, detected_at, acknowledged_by, acknowledged_at
FROM emergencies
WHERE tenant_id = $1 AND call_id = $2
ORDER BY alert_id
LIMIT 100;

-- name: add_question
INSERT INTO questions (tenant_id, question_id, call_id, channel, topic, question, language, asked_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (tenant_id, question_id) DO NOTHING
RETURNING true;

-- name: questions
SELECT question_id, call_id, channel, topic, question, language, asked_at
FROM questions
WHERE tenant_id = $1 AND (asked_at, question_id) < ($2, $3)
ORDER BY asked_at DESC, question_id DESC
LIMIT $4;
