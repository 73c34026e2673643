-- Decisions that callers may not have heard of.

-- name: add_outcome
INSERT INTO late_outcomes (outcome_id, tenant_id, outcome, told_at, due_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (outcome_id) DO NOTHING
RETURNING true;

-- name: claim_outcomes
WITH due AS (
    SELECT outcome_id FROM late_outcomes
    WHERE settled = '' AND due_at <= $1
    ORDER BY due_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE late_outcomes SET due_at = $2 FROM due WHERE late_outcomes.outcome_id = due.outcome_id
RETURNING outcome;

-- name: settle_outcomes
UPDATE late_outcomes SET settled = new.settled
FROM unnest($1::text[], $2::text[]) AS new (outcome_id, settled)
WHERE late_outcomes.outcome_id = new.outcome_id;

-- name: prune_outcomes
DELETE FROM late_outcomes WHERE told_at < $1 AND settled <> '';
