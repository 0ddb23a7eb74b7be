-- SPDX-License-Identifier: Apache-2.0

-- name: meter_get
SELECT * FROM pool_meter WHERE deployment = ?1;

-- name: meter_live
SELECT deployment FROM pool_meter m WHERE state NOT IN ('closed', 'failed') OR EXISTS
    (SELECT 1 FROM pool_period p WHERE p.deployment = m.deployment
     AND p.state IN ('opening', 'open', 'closing'))
ORDER BY created;

-- name: meter_of_pool
SELECT deployment FROM pool_meter WHERE pool = ?1 AND state NOT IN ('closed', 'failed');

-- name: meter_terms_of_pool
SELECT terms, next_terms, period_s, prepaid FROM pool_meter
WHERE pool = ?1 AND state NOT IN ('closing', 'closed', 'failed');

-- name: meter_add
INSERT INTO pool_meter (deployment, owner, pool, state, terms, period_s, ends, created, changed,
                        prepaid)
VALUES (?1, ?2, ?3, 'funding', ?4, ?5, ?6, ?7, ?7, ?8);

-- name: meter_set
UPDATE pool_meter SET pool = ?2, state = ?3, reason = ?4, terms = ?5, next_terms = ?6,
                      period_s = ?7, current = ?8, low = ?9, stop = ?10, stop_at = ?11, ends = ?12,
                      began = ?13, spent = ?14, changed = ?15
WHERE deployment = ?1;

-- name: period_live
SELECT * FROM pool_period WHERE deployment = ?1 AND state IN ('opening', 'open', 'closing')
ORDER BY number LIMIT 32;

-- name: period_all
SELECT number, job, seconds, amount, state, cost FROM pool_period WHERE deployment = ?1
ORDER BY number LIMIT 1000;

-- name: period_last
SELECT MAX(number) AS number FROM pool_period WHERE deployment = ?1;

-- name: period_by_job
SELECT deployment FROM pool_period WHERE job = ?1;

-- name: period_add
INSERT INTO pool_period (deployment, number, pool, job, terms, seconds, amount, state, opened)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9);

-- name: period_set
UPDATE pool_period SET state = ?3, starts = ?4, until = ?5, expiry = ?6, cost = ?7, reason = ?8,
                       idle = ?9, idle_from = ?10
WHERE deployment = ?1 AND number = ?2;
