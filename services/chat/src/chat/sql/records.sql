-- Records in the order of their keys, for exports.

-- name: customer_records
SELECT customer_id, version, phone, name, address, email, language, said_at, created_at
FROM customers
WHERE tenant_id = $1 AND customer_id > $2
ORDER BY customer_id
LIMIT $3;

-- name: appointment_records
SELECT appointment_id, booking_id, version, status, call_id, channel, customer_name, customer_phone, address, language,
    service, notes, emergency, lane, starts_at, ends_at, blocked_until, booked_at, changed_at
FROM appointments
WHERE tenant_id = $1 AND appointment_id > $2
ORDER BY appointment_id
LIMIT $3;

-- name: callback_records
SELECT callback_id, call_id, channel, reason, phone, name, message, language, promised_at, due_at, recording_url, status,
    kept_at
FROM callbacks
WHERE tenant_id = $1 AND callback_id > $2
ORDER BY callback_id
LIMIT $3;

-- name: conversation_records
SELECT conversation_id, kind, channel, phone, dialled_phone, started_at, last_at, ended_at, duration_s, outcome, tier,
    language, billable, transcript
FROM conversations
WHERE tenant_id = $1 AND conversation_id > $2 AND kind <> 'texts'
ORDER BY conversation_id
LIMIT $3;
