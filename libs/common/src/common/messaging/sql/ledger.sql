-- The promise that nothing is lost, as a query: accepted = applied + pending + parked + discarded, for each consumer.
-- What is pending is counted where the next attempts are kept, so an attempt that vanished shows as a difference.

-- name: ledger
SELECT
    consumer,
    count(*) AS accepted,
    count(*) FILTER (WHERE state = 'applied') AS applied,
    count(retry.event_id) AS pending,
    count(*) FILTER (WHERE state = 'parked') AS parked,
    count(*) FILTER (WHERE state = 'discarded') AS discarded
FROM inbox LEFT JOIN message_retries AS retry USING (consumer, event_id)
WHERE received_at >= $1
GROUP BY consumer
ORDER BY consumer;
