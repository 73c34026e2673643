-- Conversations. One statement is one transaction: the state, the answer, the evidence and the messages, or nothing.

-- name: commit_turn
WITH saved AS (
    UPDATE call_sessions
    SET version = $2, turn = $3, tier = $4, state = $5, open_turn = $6, last_turn_at = $7, ended_at = $8, ended_by = $9,
        billable = $10, reported = $11, episode = $12, started_at = $27
    WHERE call_id = $1 AND version = $13
    RETURNING call_id
), answered AS (
    INSERT INTO webhook_inbox (key, call_id, token, media_type, answer, received_at)
    SELECT $14::text, call_id, $15::text, $16::text, $17::bytea, $7 FROM saved
), told AS (
    INSERT INTO call_turns (call_id, turn, at, heard, said, tier, degraded_by)
    SELECT call_id, $18::integer, $7, $19::text, $20::text, $21::text, $22::text FROM saved WHERE $19::text IS NOT NULL
    ON CONFLICT (call_id, turn) DO NOTHING
), published AS (
    INSERT INTO outbox (event_id, exchange, routing_key, body)
    SELECT event_id, exchange, routing_key, body
    FROM saved, unnest($23::text[], $24::text[], $25::text[], $26::bytea[]) AS new (event_id, exchange, routing_key, body)
)
SELECT $14::text AS key FROM saved;

-- name: open_call
WITH saved AS (
    INSERT INTO call_sessions AS known (
        call_id, version, turn, tier, state, open_turn, last_turn_at, ended_at, ended_by, billable, reported, episode,
        tenant_id, channel, caller_phone, dialled_phone, provider_call_id, started_at
    )
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $28, $29, $30, $31, $32, $27)
    ON CONFLICT (call_id) DO UPDATE
    SET version = excluded.version, turn = excluded.turn, tier = excluded.tier, state = excluded.state,
        open_turn = excluded.open_turn, last_turn_at = excluded.last_turn_at, ended_at = excluded.ended_at,
        ended_by = excluded.ended_by, billable = excluded.billable, episode = excluded.episode,
        started_at = excluded.started_at, reported = excluded.reported OR (known.reported AND known.channel <> 'sms')
    WHERE known.version <= $13
    RETURNING call_id
), answered AS (
    INSERT INTO webhook_inbox (key, call_id, token, media_type, answer, received_at)
    SELECT $14::text, call_id, $15::text, $16::text, $17::bytea, $7 FROM saved
), told AS (
    INSERT INTO call_turns (call_id, turn, at, heard, said, tier, degraded_by)
    SELECT call_id, $18::integer, $7, $19::text, $20::text, $21::text, $22::text FROM saved WHERE $19::text IS NOT NULL
    ON CONFLICT (call_id, turn) DO NOTHING
), published AS (
    INSERT INTO outbox (event_id, exchange, routing_key, body)
    SELECT event_id, exchange, routing_key, body
    FROM saved, unnest($23::text[], $24::text[], $25::text[], $26::bytea[]) AS new (event_id, exchange, routing_key, body)
)
SELECT $14::text AS key FROM saved;

-- name: replay_turn
WITH answered AS (
    INSERT INTO webhook_inbox (key, call_id, token, media_type, answer, received_at)
    VALUES ($14::text, $1, $15::text, $16::text, $17::bytea, $7)
    ON CONFLICT (key) DO NOTHING
    RETURNING call_id
), saved AS (
    INSERT INTO call_sessions AS known (
        call_id, version, turn, tier, state, open_turn, last_turn_at, ended_at, ended_by, billable, reported, episode,
        tenant_id, channel, caller_phone, dialled_phone, provider_call_id, started_at
    )
    SELECT call_id, $2::integer, $3::integer, $4::text, $5::bytea, $6::bytea, $7, $8::timestamptz, $9::text, $10::boolean,
        $11::boolean, $12::integer, $28::text, $29::text, $30::text, $31::text, $32::text, $27::timestamptz
    FROM answered
    ON CONFLICT (call_id) DO UPDATE
    SET version = excluded.version, turn = excluded.turn, tier = excluded.tier, state = excluded.state,
        open_turn = excluded.open_turn, last_turn_at = excluded.last_turn_at, ended_at = excluded.ended_at,
        ended_by = excluded.ended_by, billable = excluded.billable, episode = excluded.episode,
        started_at = excluded.started_at, reported = excluded.reported OR (known.reported AND known.channel <> 'sms')
    WHERE known.version <= $13
), told AS (
    INSERT INTO call_turns (call_id, turn, at, heard, said, tier, degraded_by)
    SELECT call_id, $18::integer, $7, $19::text, $20::text, $21::text, $22::text FROM answered WHERE $19::text IS NOT NULL
    ON CONFLICT (call_id, turn) DO NOTHING
), published AS (
    INSERT INTO outbox (event_id, exchange, routing_key, body)
    SELECT event_id, exchange, routing_key, body
    FROM answered, unnest($23::text[], $24::text[], $25::text[], $26::bytea[]) AS new (event_id, exchange, routing_key, body)
)
SELECT true FROM answered;

-- name: add_webhook
WITH answered AS (
    INSERT INTO webhook_inbox (key, call_id, token, media_type, answer, received_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (key) DO NOTHING
    RETURNING key
), published AS (
    INSERT INTO outbox (event_id, exchange, routing_key, body)
    SELECT event_id, exchange, routing_key, body
    FROM answered, unnest($7::text[], $8::text[], $9::text[], $10::bytea[]) AS new (event_id, exchange, routing_key, body)
)
SELECT true FROM answered;

-- name: load_call
SELECT call_id, version, turn, tier, state, open_turn, last_turn_at, ended_at, ended_by, billable, reported, episode,
    tenant_id, channel, caller_phone, dialled_phone, provider_call_id, started_at
FROM call_sessions
WHERE call_id = $1;

-- name: load_answer
SELECT token, answer, media_type FROM webhook_inbox WHERE key = $1;

-- name: load_timeline
SELECT turn, at, heard, said, tier, degraded_by FROM call_turns WHERE call_id = $1 ORDER BY turn;

-- name: add_hang_up
INSERT INTO hang_ups (call_id, at, duration_s) VALUES ($1, $2, $3) ON CONFLICT (call_id) DO NOTHING;

-- name: load_over
SELECT call_id, version, turn, tier, state, open_turn, last_turn_at, ended_at, ended_by, billable, reported, episode,
    tenant_id, channel, caller_phone, dialled_phone, provider_call_id, started_at, duration_s
FROM call_sessions AS call LEFT JOIN hang_ups USING (call_id)
WHERE NOT reported AND channel <> 'sms' AND (ended_at IS NOT NULL OR hang_ups.at IS NOT NULL) AND last_turn_at < $1
    AND (SELECT count(*) FROM call_turns WHERE call_turns.call_id = call.call_id) >= turn
ORDER BY started_at
LIMIT $2;

-- name: prune_hang_ups
DELETE FROM hang_ups WHERE at < $1;

-- name: load_pace
SELECT count(*) FILTER (WHERE at > $2) AS burst, count(*) AS day FROM call_turns WHERE call_id = $1 AND at > $3;

-- name: load_unreported
SELECT call_id, version, turn, tier, state, open_turn, last_turn_at, ended_at, ended_by, billable, reported, episode,
    tenant_id, channel, caller_phone, dialled_phone, provider_call_id, started_at
FROM call_sessions
WHERE NOT reported AND channel <> 'sms' AND started_at < $1 AND (ended_at IS NOT NULL OR last_turn_at < $1)
ORDER BY started_at
LIMIT $2;

-- name: load_silent_threads
SELECT call_id, version, turn, tier, state, open_turn, last_turn_at, ended_at, ended_by, billable, reported, episode,
    tenant_id, channel, caller_phone, dialled_phone, provider_call_id, started_at
FROM call_sessions
WHERE NOT reported AND channel = 'sms' AND started_at < $1 AND last_turn_at < $1
ORDER BY started_at
LIMIT $2;

-- name: prune_webhooks
DELETE FROM webhook_inbox
WHERE ctid = ANY (ARRAY(SELECT ctid FROM webhook_inbox WHERE received_at < $1 LIMIT $2))
RETURNING true;
