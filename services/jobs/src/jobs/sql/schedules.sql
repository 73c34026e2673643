-- name: lead
-- Who comes while another's transaction fires waits for its end: the two never overlap.
INSERT INTO leases (name, holder, epoch, held_until)
VALUES ('schedules', $1, 1, $3)
ON CONFLICT (name) DO UPDATE
SET holder = excluded.holder,
    epoch = leases.epoch + CASE WHEN leases.holder = excluded.holder AND leases.held_until > $2 THEN 0 ELSE 1 END,
    held_until = excluded.held_until
WHERE leases.holder = excluded.holder OR leases.held_until <= $2
RETURNING holder, epoch, held_until;

-- name: leads
SELECT true FROM leases WHERE name = 'schedules' AND holder = $1 AND epoch = $2 FOR UPDATE;

-- name: resign
UPDATE leases SET held_until = $3 WHERE name = 'schedules' AND holder = $1 AND epoch = $2;

-- name: lock_due
SELECT * FROM schedules
WHERE next_at <= $2 AND kind = ANY($1::text[])
ORDER BY next_at
LIMIT $3
FOR UPDATE SKIP LOCKED;

-- name: lock_of
SELECT * FROM schedules WHERE tenant_id = ANY($1::text[]) ORDER BY schedule_id FOR UPDATE;

-- name: listed
SELECT * FROM schedules
WHERE ($1 = '' OR tenant_id = $1) AND ($2 = '' OR kind = $2) AND schedule_id COLLATE "C" > $3
ORDER BY schedule_id COLLATE "C"
LIMIT $4;

-- name: save_schedules
INSERT INTO schedules (
    schedule_id, tenant_id, kind, cron, time_zone, grace_s, payload, enabled, settled_until, next_at, fired_at, skipped, skipped_at
)
SELECT * FROM unnest(
    $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::integer[], $7::jsonb[], $8::boolean[], $9::timestamptz[],
    $10::timestamptz[], $11::timestamptz[], $12::bigint[], $13::timestamptz[]
)
ON CONFLICT (schedule_id) DO UPDATE
SET cron = excluded.cron, time_zone = excluded.time_zone, grace_s = excluded.grace_s, payload = excluded.payload,
    enabled = excluded.enabled, settled_until = excluded.settled_until, next_at = excluded.next_at, fired_at = excluded.fired_at,
    skipped = excluded.skipped, skipped_at = excluded.skipped_at;

-- name: put_off
UPDATE schedules SET next_at = $2 WHERE schedule_id = $1;

-- name: remove_schedules
DELETE FROM schedules WHERE schedule_id = ANY($1::text[]);
