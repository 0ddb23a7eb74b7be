-- SPDX-License-Identifier: Apache-2.0

-- name: index_job_add
INSERT INTO index_job (id, command, at, chain, tx, block, status, hash)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'PENDING', ?7);

-- name: index_job_trim
DELETE FROM index_job WHERE id NOT IN (SELECT id FROM index_job ORDER BY at DESC LIMIT ?1);

-- name: index_job_list
SELECT id, command, at, status, hash FROM index_job
WHERE (?1 IS NULL OR id = ?1) AND at >= ?2 ORDER BY at DESC;

-- name: index_job_end
UPDATE index_job SET status = ?1 WHERE id = ?2;

-- name: index_job_end_tx
UPDATE index_job SET status = ?1 WHERE status = 'PENDING' AND chain = ?2 AND tx = ?3;

-- A chain that was indexed anew has seen its transactions, but those that still wait.
-- name: index_job_end_chain
UPDATE index_job SET status = ?1 WHERE status = 'PENDING' AND chain = ?2 AND (tx IS NULL OR NOT EXISTS
    (SELECT 1 FROM index_again WHERE index_again.chain = index_job.chain AND index_again.tx = index_job.tx));

-- name: index_job_open_chains
SELECT chain, MIN(block) AS block FROM index_job WHERE status = 'PENDING' AND tx IS NULL GROUP BY chain;
