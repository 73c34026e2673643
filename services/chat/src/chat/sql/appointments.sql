-- Visits and the decisions on the wishes for them.

-- name: booking_facts
-- Everything that a booking is decided on, in one round trip. Spans that touch a blocked one are no hindrance.
SELECT
    tenant.version AS tenant_version,
    decision.request_id, decision.outcome, decision.refusal, decision.appointment_id, decision.starts_at,
    decision.ends_at, decision.alternatives, decision.decided_at,
    customer.customer_id, customer.version AS customer_version, customer.phone, customer.name, customer.address,
    customer.email, customer.language, customer.said_at, customer.created_at,
    busy.lanes, busy.starts, busy.ends
FROM tenants AS tenant
LEFT JOIN decisions AS decision ON decision.tenant_id = tenant.tenant_id AND decision.request_id = $2
LEFT JOIN customers AS customer ON customer.tenant_id = tenant.tenant_id AND customer.phone = $3
CROSS JOIN LATERAL (
    SELECT array_agg(lane) AS lanes, array_agg(visit.starts_at) AS starts, array_agg(visit.ends_at) AS ends
    FROM appointments AS visit
    WHERE visit.tenant_id = tenant.tenant_id AND visit.status = 'booked'
        AND visit.starts_at < $5 AND visit.starts_at > $4::timestamptz - interval '24 hours'
        AND visit.blocked_until > $4
) AS busy
WHERE tenant.tenant_id = $1;

-- name: slot_facts
SELECT tenant.version AS tenant_version, busy.lanes, busy.starts, busy.ends
FROM tenants AS tenant
CROSS JOIN LATERAL (
    SELECT array_agg(lane) AS lanes, array_agg(visit.starts_at) AS starts, array_agg(visit.ends_at) AS ends
    FROM appointments AS visit
    WHERE visit.tenant_id = tenant.tenant_id AND visit.status = 'booked'
        AND visit.starts_at < $3 AND visit.starts_at > $2::timestamptz - interval '24 hours'
        AND visit.blocked_until > $2
) AS busy
WHERE tenant.tenant_id = $1;

-- name: busy
SELECT lane, starts_at, ends_at FROM appointments
WHERE tenant_id = $1 AND status = 'booked'
    AND starts_at < $3 AND starts_at > $2::timestamptz - interval '24 hours' AND blocked_until > $2
    AND appointment_id <> $4;

-- name: decision
SELECT request_id, outcome, refusal, appointment_id, starts_at, ends_at, alternatives, decided_at
FROM decisions
WHERE tenant_id = $1 AND request_id = $2;

-- name: add_decision
INSERT INTO decisions
    (tenant_id, request_id, outcome, refusal, appointment_id, starts_at, ends_at, alternatives, decided_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (tenant_id, request_id) DO NOTHING
RETURNING true;

-- name: save_decision
UPDATE decisions
SET outcome = $3, refusal = $4, appointment_id = $5, starts_at = $6, ends_at = $7, alternatives = $8, decided_at = $9
WHERE tenant_id = $1 AND request_id = $2;

-- name: book
-- The claim and the visit in one round trip. No conflict target for the visit: a lane that is taken counts as well.
WITH claim AS (
    INSERT INTO decisions (tenant_id, request_id, outcome, appointment_id, starts_at, ends_at, decided_at)
    VALUES ($1, $21, $22, $2, $16, $17, $23)
    ON CONFLICT (tenant_id, request_id) DO NOTHING
    RETURNING true
), visit AS (
    INSERT INTO appointments
        (tenant_id, appointment_id, booking_id, version, status, call_id, channel, customer_name, customer_phone, address,
         language, service, notes, emergency, lane, starts_at, ends_at, blocked_until, booked_at, changed_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20 FROM claim
    ON CONFLICT DO NOTHING
    RETURNING true
)
SELECT EXISTS (SELECT FROM claim) AS claimed, EXISTS (SELECT FROM visit) AS stored;

-- name: add_appointment
-- No conflict target: the exclusion of a taken lane counts as well. The insertion waits for one that is under way.
INSERT INTO appointments
    (tenant_id, appointment_id, booking_id, version, status, call_id, channel, customer_name, customer_phone, address,
     language, service, notes, emergency, lane, starts_at, ends_at, blocked_until, booked_at, changed_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
ON CONFLICT DO NOTHING
RETURNING true;

-- name: lock_appointment
SELECT appointment_id, booking_id, version, status, call_id, channel, customer_name, customer_phone, address, language,
    service, notes, emergency, lane, starts_at, ends_at, blocked_until, booked_at, changed_at
FROM appointments
WHERE tenant_id = $1 AND (appointment_id = $2 OR booking_id = $2)
FOR UPDATE;

-- name: save_appointment
UPDATE appointments
SET version = $3, status = $4, lane = $5, starts_at = $6, ends_at = $7, blocked_until = $8, changed_at = $9,
    closed = closed AND ends_at = $7
WHERE tenant_id = $1 AND appointment_id = $2;

-- name: shorten_travel
UPDATE appointments
SET blocked_until = ends_at + make_interval(mins => $2)
WHERE tenant_id = $1 AND status = 'booked' AND blocked_until > ends_at + make_interval(mins => $2);

-- name: appointments
SELECT appointment_id, booking_id, version, status, call_id, channel, customer_name, customer_phone, address, language,
    service, notes, emergency, lane, starts_at, ends_at, blocked_until, booked_at, changed_at
FROM appointments
WHERE tenant_id = $1 AND starts_at >= $2 AND starts_at < $3 AND (starts_at, appointment_id) > ($4, $5)
ORDER BY starts_at, appointment_id
LIMIT $6;

-- name: appointments_after
SELECT tenant_id, appointment_id, booking_id, version, status, call_id, channel, customer_name, customer_phone, address,
    language, service, notes, emergency, lane, starts_at, ends_at, blocked_until, booked_at, changed_at
FROM appointments
WHERE (tenant_id, appointment_id) > ($1, $2) AND ends_at > $3
ORDER BY tenant_id, appointment_id
LIMIT $4;
