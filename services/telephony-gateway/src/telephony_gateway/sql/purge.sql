-- What a business doesn't keep any more: of one tenant ($1), older than $2, at most $3 rows of a kind. What others hold just now is
-- left for another time. Consents are never among it.

-- name: purge_calls
-- Calls whose end was told, and threads of texts that have rested since then, each with its evidence.
WITH old AS (
    SELECT call_id FROM call_sessions
    WHERE tenant_id = $1 AND started_at < $2 AND last_turn_at < $2 AND (channel = 'sms' OR (reported AND ended_at IS NOT NULL))
    ORDER BY started_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
), evidence AS (
    DELETE FROM call_turns USING old WHERE call_turns.call_id = old.call_id
)
DELETE FROM call_sessions USING old WHERE call_sessions.call_id = old.call_id;

-- name: purge_turns
-- The old turns of threads that go on. Those of calls go with their calls: it is counted whether all are there.
WITH old AS (
    SELECT line.call_id, line.turn
    FROM call_sessions AS thread JOIN call_turns AS line USING (call_id)
    WHERE thread.tenant_id = $1 AND thread.started_at < $2 AND thread.channel = 'sms' AND line.at < $2
    LIMIT $3
    FOR UPDATE OF line SKIP LOCKED
)
DELETE FROM call_turns USING old WHERE call_turns.call_id = old.call_id AND call_turns.turn = old.turn;

-- name: purge_texts
-- One that the provider took and never told the end of is over after so long, too.
WITH old AS (
    SELECT text_id FROM texts
    WHERE tenant_id = $1 AND created_at < $2 AND status NOT IN ('queued', 'sending', 'unknown')
    ORDER BY created_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
DELETE FROM texts USING old WHERE texts.text_id = old.text_id;

-- name: purge_alerts
WITH old AS (
    SELECT alert_id FROM alerts WHERE tenant_id = $1 AND detected_at < $2 AND state <> 'open'
    ORDER BY detected_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
DELETE FROM alerts USING old WHERE alerts.alert_id = old.alert_id;

-- name: purge_visits
WITH old AS (
    SELECT appointment_id FROM copy_visits WHERE tenant_id = $1 AND ends_at < $2 ORDER BY ends_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
DELETE FROM copy_visits USING old WHERE copy_visits.appointment_id = old.appointment_id;
