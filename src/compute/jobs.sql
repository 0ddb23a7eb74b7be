-- SPDX-License-Identifier: Apache-2.0

-- name: job_insert
INSERT INTO job (job_id, cluster, environment, owner, owner_key, is_free, created, max_duration,
                 queue_wait, terms, request, input_dids, algorithm_did, metadata, viewers, chain,
                 token, amount, stop_requested, step, status, status_name, registry_auth, image)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, 0, ?19,
        ?20, ?21, ?22, ?23);

-- name: job_update
UPDATE job SET step = ?1, status = ?2, status_name = ?3, reason = ?4, finished = ?5, started = ?6,
               stopped = ?7, exit_code = ?8, oom_killed = ?9, registry_auth = ?10,
               image_digest = ?11, container = ?12, output_hash = ?13, lock_tx = ?14,
               claim_tx = ?15, cancel_tx = ?16, cost = ?17, expires = ?18
WHERE job_id = ?19;

-- name: job_stop
UPDATE job SET stop_requested = 1 WHERE job_id = ?1 AND finished IS NULL;

-- name: job_delete
DELETE FROM job WHERE job_id = ?1;

-- name: job_get
SELECT * FROM job WHERE job_id = ?1;

-- name: job_live
SELECT * FROM job WHERE step < ?1 ORDER BY created;

-- name: job_by_owner
SELECT * FROM job WHERE owner_key = ?1 AND created >= ?2 ORDER BY created DESC LIMIT ?3;

-- name: job_by_lock
SELECT * FROM job WHERE lock_tx = ?1 LIMIT ?2;

-- name: job_from
SELECT * FROM job WHERE created >= ?1 ORDER BY created DESC LIMIT ?2;

-- name: job_expired
SELECT job_id, cluster FROM job WHERE expires IS NOT NULL AND expires < ?1 AND step >= ?2 LIMIT 100;

-- name: job_event_insert
INSERT INTO job_event (job_id, at, status, status_name, reason) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: job_event_list
SELECT at, status, status_name, reason FROM job_event WHERE job_id = ?1 ORDER BY seq;

-- name: job_event_last
SELECT at FROM job_event WHERE job_id = ?1 ORDER BY seq DESC LIMIT 1;
