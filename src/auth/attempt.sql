-- SPDX-License-Identifier: Apache-2.0

-- name: attempt_expire
DELETE FROM login_attempt WHERE expires <= ?1;

-- name: attempt_count
SELECT COUNT(*) AS n FROM login_attempt;

-- name: attempt_put
INSERT INTO login_attempt (secret, id, kind, host, next, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: attempt_take
DELETE FROM login_attempt WHERE secret = ?1 AND id = ?2 AND kind = ?3 AND host = ?4 AND expires > ?5 RETURNING next;
