-- What is done by the calendar.

-- name: customer
SELECT customer_id, version, phone, name, address, email, language, said_at, created_at
FROM customers
WHERE tenant_id = $1 AND customer_id = $2;

-- name: customer_at
SELECT customer_id, version, phone, name, address, email, language, said_at, created_at
FROM customers
WHERE tenant_id = $1 AND phone = $2;

-- name: dealings
SELECT
    visits.last_visit_ended_at, visits.next_visit_at, visits.last_booked_at,
    (SELECT max(started_at) FROM conversations WHERE tenant_id = $1 AND phone = $2 AND kind <> 'texts') AS last_called_at,
    (SELECT max(at) FROM text_messages WHERE tenant_id = $1 AND phone = $2 AND direction = 'in') AS last_texted_at,
    (
        SELECT coalesce(array_agg(DISTINCT status), '{}') FROM callbacks
        WHERE tenant_id = $1 AND (phone = $2 OR call_id = $3) AND promised_at >= $4
    ) AS promises
FROM (
    SELECT
        max(ends_at) FILTER (WHERE ends_at <= $5) AS last_visit_ended_at,
        min(starts_at) FILTER (WHERE ends_at > $5) AS next_visit_at,
        max(booked_at) AS last_booked_at
    FROM appointments
    WHERE tenant_id = $1 AND customer_phone = $2 AND status = 'booked'
) AS visits;

-- name: morning_visits
SELECT appointment_id, booking_id, version, status, call_id, channel, customer_name, customer_phone, address, language,
    service, notes, emergency, lane, starts_at, ends_at, blocked_until, booked_at, changed_at, count(*) OVER () AS in_all
FROM appointments
WHERE tenant_id = $1 AND status = 'booked' AND starts_at >= $2 AND starts_at < $3
ORDER BY starts_at, appointment_id
LIMIT $4;

-- name: morning_callbacks
SELECT callback_id, call_id, channel, reason, phone, name, message, language, promised_at, due_at, recording_url, status,
    kept_at, count(*) OVER () AS in_all
FROM callbacks
WHERE tenant_id = $1 AND status = 'open' AND due_at < $2
ORDER BY due_at, callback_id
LIMIT $3;

-- name: morning_emergencies
SELECT alert_id, call_id, channel, category, phone, summary, detected_at, acknowledged_by, acknowledged_at,
    count(*) OVER () AS in_all
FROM emergencies
WHERE tenant_id = $1 AND acknowledged_at IS NULL AND detected_at >= $2
ORDER BY detected_at, alert_id
LIMIT $3;

-- name: morning_counts
SELECT
    (
        SELECT count(*) FROM conversations
        WHERE tenant_id = $1 AND kind = 'call' AND started_at >= $2 AND started_at < $3
            AND (outcome IS NULL OR outcome NOT IN ('spam', 'wrong_number'))
    ) AS calls,
    (
        SELECT count(*) FROM text_messages WHERE tenant_id = $1 AND direction = 'in' AND at >= $2 AND at < $3
    ) AS texts,
    (
        SELECT count(*) FROM appointments
        WHERE tenant_id = $1 AND status = 'booked' AND booked_at >= $2 AND booked_at < $3
    ) AS bookings;

-- name: close_visits
WITH over AS (
    SELECT tenant_id, appointment_id FROM appointments
    WHERE status = 'booked' AND NOT closed AND ends_at < $1
    ORDER BY ends_at, tenant_id, appointment_id
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
UPDATE appointments AS visit
SET closed = true
FROM over
WHERE visit.tenant_id = over.tenant_id AND visit.appointment_id = over.appointment_id
RETURNING visit.tenant_id, visit.appointment_id, booking_id, version, status, call_id, channel, customer_name, customer_phone,
    address, language, service, notes, emergency, lane, starts_at, ends_at, blocked_until, booked_at, changed_at;

-- name: reopen_visits
UPDATE appointments SET closed = false WHERE tenant_id = $1 AND closed AND status = 'booked' AND ends_at > $2;
