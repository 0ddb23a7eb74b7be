-- SPDX-License-Identifier: Apache-2.0

-- name: session_put
INSERT INTO session (id, person, scope, parent, created, seen, expires, agent, address)
VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8);

-- name: session_get
SELECT s.id AS session, s.seen AS used, p.id, p.created, p.seen, p.blocked, l.kind, l.name, l.email,
    (SELECT COUNT(*) FROM terms_accepted t WHERE t.person = p.id AND t.hash = ?1) AS terms
FROM session s JOIN person p ON p.id = s.person JOIN login l ON l.person = p.id
WHERE s.id = ?2 AND s.scope = ?3 AND s.expires > ?4 AND s.seen > ?5 AND p.blocked IS NULL;

-- name: session_alive
SELECT s.person AS person, s.seen AS used FROM session s JOIN person p ON p.id = s.person
WHERE s.id = ?1 AND s.expires > ?2 AND s.seen > ?3 AND p.blocked IS NULL;

-- name: session_seen
UPDATE session SET seen = ?1 WHERE id = ?2 OR id = (SELECT parent FROM session WHERE id = ?2);

-- name: session_end
DELETE FROM session WHERE id = ?1;

-- name: session_revoke
DELETE FROM session WHERE id = ?1 AND person = ?2 AND scope = '';

-- name: session_end_all
DELETE FROM session WHERE person = ?1 AND id <> ?2 AND (parent IS NULL OR parent <> ?2);

-- name: session_expire
DELETE FROM session WHERE expires <= ?1 OR seen <= ?2;

-- name: session_crowd
DELETE FROM session WHERE id IN (
    SELECT id FROM session WHERE person = ?1 AND scope = ?2 ORDER BY seen DESC, created DESC LIMIT 1000000 OFFSET ?3);

-- name: session_list
SELECT id, created, seen, expires, agent, address FROM session
WHERE person = ?1 AND scope = '' AND expires > ?2 AND seen > ?3 ORDER BY created DESC;

-- name: handover_put
INSERT INTO handover (token, session, host, expires) VALUES (?1, ?2, ?3, ?4);

-- name: handover_expire
DELETE FROM handover WHERE expires <= ?1;

-- name: handover_take
DELETE FROM handover WHERE token = ?1 AND host = ?2 AND expires > ?3 RETURNING session;

-- name: handover_session
SELECT person, expires, agent, address FROM session WHERE id = ?1 AND expires > ?2;
