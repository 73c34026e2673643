-- Alerts.

-- name: add_alert
INSERT INTO alerts (
    alert_id, tenant_id, call_id, channel, category, summary, words, caller_phone, name, address, lang, detected_at, due_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
ON CONFLICT (alert_id) DO NOTHING;

-- name: keep_alert
-- A report of an alert that climbed without the database; the later of two reports wins (see Alert.progress).
INSERT INTO alerts (
    alert_id, tenant_id, call_id, channel, category, summary, words, caller_phone, name, address, lang, detected_at, due_at,
    state, step, acknowledged_by, acknowledged_at
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
ON CONFLICT (alert_id) DO UPDATE
SET due_at = excluded.due_at, state = excluded.state, step = excluded.step, acknowledged_by = excluded.acknowledged_by,
    acknowledged_at = excluded.acknowledged_at
WHERE (CASE alerts.state WHEN 'open' THEN 0 WHEN 'exhausted' THEN 1 ELSE 2 END, alerts.step)
    < (CASE excluded.state WHEN 'open' THEN 0 WHEN 'exhausted' THEN 1 ELSE 2 END, excluded.step);

-- name: update_alerts
UPDATE alerts
SET caller_phone = CASE WHEN $2::text = '' THEN caller_phone ELSE $2 END,
    name = CASE WHEN $3::text = '' THEN name ELSE $3 END,
    address = CASE WHEN $4::text = '' THEN address ELSE $4 END
WHERE call_id = $1;

-- name: claim_alerts
WITH due AS (
    SELECT alert_id FROM alerts
    WHERE state = 'open' AND due_at <= $1
    ORDER BY due_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE alerts SET due_at = $2 FROM due WHERE alerts.alert_id = due.alert_id
RETURNING alerts.alert_id, tenant_id, call_id, channel, category, summary, words, caller_phone, name, address, lang,
    detected_at, state, step, due_at, acknowledged_by, acknowledged_at;

-- name: climb_alert
UPDATE alerts SET step = $2, state = $3, due_at = $4
WHERE alert_id = $1 AND state = 'open' AND step = $2 - 1
RETURNING true;

-- name: exhaust_alert
UPDATE alerts SET state = 'exhausted' WHERE alert_id = $1 AND state = 'open' AND step = $2 RETURNING true;

-- name: hurry_alert
UPDATE alerts SET due_at = $3 WHERE alert_id = $1 AND state = 'open' AND step = $2;

-- name: load_alert
SELECT alert_id, tenant_id, call_id, channel, category, summary, words, caller_phone, name, address, lang,
    detected_at, state, step, due_at, acknowledged_by, acknowledged_at
FROM alerts WHERE alert_id = $1;

-- name: open_alerts
SELECT alert_id, tenant_id, call_id, channel, category, summary, words, caller_phone, name, address, lang,
    detected_at, state, step, due_at, acknowledged_by, acknowledged_at
FROM alerts WHERE tenant_id = $1 AND state <> 'acknowledged'
ORDER BY detected_at
LIMIT 100;

-- name: acknowledge_alert
UPDATE alerts SET state = 'acknowledged', acknowledged_by = $2, acknowledged_at = $3
WHERE alert_id = $1 AND state <> 'acknowledged'
RETURNING true;

-- name: unacknowledged
SELECT count(*) AS count, min(detected_at) AS oldest FROM alerts WHERE state <> 'acknowledged';
