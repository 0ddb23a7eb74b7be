-- SPDX-License-Identifier: Apache-2.0

-- name: wizard_insert
INSERT INTO wizard (id, owner, package, version, title, state, step, revision, created, expires)
VALUES (?1, ?2, ?3, ?4, ?5, 'asking', ?6, 1, ?7, ?8);

-- name: wizard_find
SELECT id, owner, package, version, title, state, step, revision, answers, quote, deployment, created, expires
FROM wizard WHERE id = ?1 AND owner = ?2;

-- name: wizard_unfinished
SELECT id, package, version, title, state, step, expires
FROM wizard WHERE owner = ?1 AND (state = 'deploying' OR state = 'asking' AND expires > ?2)
ORDER BY created DESC, id LIMIT 1000;

-- name: wizard_count_mine
SELECT COUNT(*) AS n FROM wizard WHERE owner = ?1 AND state IN ('asking', 'deploying') AND expires > ?2;

-- name: wizard_count_all
SELECT COUNT(*) AS n FROM wizard WHERE expires > ?1;

-- name: wizard_save
UPDATE wizard SET step = ?3, answers = ?4, expires = ?5, revision = revision + 1
WHERE id = ?1 AND revision = ?2 AND state = 'asking';

-- name: wizard_agree
UPDATE wizard SET state = 'deploying', quote = ?3
WHERE id = ?1 AND revision = ?2 AND state = 'asking';

-- name: wizard_reopen
UPDATE wizard SET state = 'asking', step = ?2, quote = NULL, expires = ?3, revision = revision + 1
WHERE id = ?1 AND state = 'deploying';

-- name: wizard_finish
UPDATE wizard SET state = 'deployed', deployment = ?2, answers = NULL, expires = ?3
WHERE id = ?1 AND state = 'deploying';

-- name: wizard_delete
DELETE FROM wizard WHERE id = ?1 AND owner = ?2 AND state <> 'deploying';

-- name: wizard_interrupted
SELECT id, owner FROM wizard WHERE state = 'deploying' ORDER BY created LIMIT 1000;

-- name: wizard_expire
UPDATE wizard SET state = 'expired', answers = NULL, expires = ?2
WHERE state = 'asking' AND expires <= ?1;

-- name: wizard_free
DELETE FROM wizard WHERE state IN ('deployed', 'expired') AND expires <= ?1;

-- name: wizard_next
SELECT MIN(expires) AS at FROM wizard WHERE state <> 'deploying';
