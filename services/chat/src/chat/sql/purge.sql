-- What a business doesn't keep any more: of one tenant ($1), older than $2, at most $3 rows of a kind. What others hold just now is left
-- for another time. What is open, or still to come, is never among it.

-- name: purge_conversations
-- A call that was never reported as over stays; a thread goes with its last text.
WITH old AS (
    SELECT conversation_id FROM conversations
    WHERE tenant_id = $1 AND kind = ANY ('{call,stretch,texts}') AND last_at < $2 AND (kind = 'texts' OR ended_at IS NOT NULL)
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
DELETE FROM conversations USING old
WHERE tenant_id = $1 AND conversations.conversation_id = old.conversation_id;

-- name: purge_texts
WITH old AS (
    SELECT message_id FROM text_messages WHERE tenant_id = $1 AND at < $2 ORDER BY at LIMIT $3 FOR UPDATE SKIP LOCKED
)
DELETE FROM text_messages USING old WHERE tenant_id = $1 AND text_messages.message_id = old.message_id;

-- name: purge_questions
WITH old AS (
    SELECT question_id FROM questions WHERE tenant_id = $1 AND asked_at < $2 ORDER BY asked_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
DELETE FROM questions USING old WHERE tenant_id = $1 AND questions.question_id = old.question_id;

-- name: purge_appointments
-- A visit that took place is first noted as over: what follows from that is planned then.
WITH old AS (
    SELECT appointment_id FROM appointments
    WHERE tenant_id = $1 AND starts_at < $2 AND ends_at < $2 AND changed_at < $2 AND (closed OR status = 'cancelled')
    ORDER BY starts_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
DELETE FROM appointments USING old WHERE tenant_id = $1 AND appointments.appointment_id = old.appointment_id;

-- name: purge_decisions
-- Those on visits that are kept are kept with them.
WITH old AS (
    SELECT request_id FROM decisions AS decision
    WHERE tenant_id = $1 AND decided_at < $2 AND NOT EXISTS (
        SELECT FROM appointments WHERE tenant_id = $1 AND appointment_id = decision.appointment_id
    )
    ORDER BY decided_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
DELETE FROM decisions USING old WHERE tenant_id = $1 AND decisions.request_id = old.request_id;

-- name: purge_callbacks
WITH old AS (
    SELECT callback_id FROM callbacks
    WHERE tenant_id = $1 AND status = ANY ('{reached,not_reached,dropped}') AND due_at < $2 AND kept_at < $2
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
DELETE FROM callbacks USING old WHERE tenant_id = $1 AND callbacks.callback_id = old.callback_id;

-- name: purge_emergencies
WITH old AS (
    SELECT alert_id FROM emergencies WHERE tenant_id = $1 AND acknowledged_at < $2
    ORDER BY acknowledged_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
DELETE FROM emergencies USING old WHERE tenant_id = $1 AND emergencies.alert_id = old.alert_id;
