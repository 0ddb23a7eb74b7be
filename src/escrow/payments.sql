-- SPDX-License-Identifier: Apache-2.0

-- name: payment_get
SELECT * FROM payment WHERE job_id = ?1;

-- name: payment_by_lock
SELECT * FROM payment WHERE lock_id = ?1;

-- name: payment_add
INSERT INTO payment (job_id, lock_id, chain, token, payer, amount, seconds, state, created, changed)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'intent', ?8, ?8);

-- name: payment_set
UPDATE payment SET state = ?2, claim = ?3, claimed = ?4, expiry = ?5, lock_tx = ?6, lock_block = ?7,
                   claim_tx = ?8, cancel_tx = ?9, why = ?10, proof = COALESCE(?11, proof), changed = ?12
WHERE job_id = ?1;

-- name: payment_event_add
INSERT INTO payment_event (job_id, state, detail, time) VALUES (?1, ?2, ?3, ?4);

-- name: payment_in_state
SELECT job_id FROM payment WHERE state = ?1 ORDER BY expiry, created LIMIT 200;

-- name: payment_next_expiry
SELECT MIN(expiry) AS expiry FROM payment WHERE state = 'locked' AND expiry > ?1;

-- name: payment_expired
SELECT job_id FROM payment WHERE state = 'locked' AND chain = ?1 AND expiry < ?2 LIMIT 200;
