-- SPDX-License-Identifier: Apache-2.0

-- name: login_get
SELECT l.person, l.public_key, p.blocked FROM login l JOIN person p ON p.id = l.person
WHERE l.kind = ?1 AND l.name = ?2;

-- name: person_put
INSERT INTO person (id, created, seen) VALUES (?1, ?2, ?2);

-- name: login_put
INSERT INTO login (kind, name, person, email, public_key) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: login_update
UPDATE login SET email = ?1, public_key = ?2 WHERE person = ?3;

-- name: login_unpin
UPDATE login SET public_key = NULL WHERE person = ?1 AND kind = 'connect';

-- name: person_seen
UPDATE person SET seen = ?1 WHERE id = ?2;

-- name: person_get
SELECT p.id, p.created, p.seen, p.blocked, l.kind, l.name, l.email,
    (SELECT COUNT(*) FROM terms_accepted t WHERE t.person = p.id AND t.hash = ?1) AS terms
FROM person p JOIN login l ON l.person = p.id WHERE p.id = ?2;

-- name: person_list
SELECT p.id, p.created, p.seen, p.blocked, l.kind, l.name, l.email,
    (SELECT COUNT(*) FROM terms_accepted t WHERE t.person = p.id AND t.hash = ?1) AS terms
FROM person p JOIN login l ON l.person = p.id
WHERE ?2 = '' OR l.name LIKE ?3 ESCAPE '!' OR l.email LIKE ?3 ESCAPE '!'
ORDER BY p.created DESC, p.id LIMIT ?4 OFFSET ?5;

-- name: person_block
UPDATE person SET blocked = ?1 WHERE id = ?2;

-- name: terms_put
INSERT INTO terms_accepted (person, hash, at) VALUES (?1, ?2, ?3) ON CONFLICT (person, hash) DO NOTHING;

-- name: audit_put
INSERT INTO audit (at, who, what) VALUES (?1, ?2, ?3);

-- name: audit_list
SELECT id, at, who, what FROM audit WHERE ?1 = 0 OR id < ?1 ORDER BY id DESC LIMIT ?2;
