-- SPDX-License-Identifier: Apache-2.0

-- name: package_get
SELECT version, state, builtin FROM package WHERE name = ?1;

-- name: package_all
SELECT name, version, state, builtin FROM package ORDER BY name;

-- name: package_put
INSERT INTO package (name, version, state, builtin, changed) VALUES (?1, ?2, 'started', ?3, ?4)
ON CONFLICT (name) DO UPDATE SET version = excluded.version, state = 'started',
    builtin = excluded.builtin, changed = excluded.changed;

-- name: package_set_version
UPDATE package SET version = ?2, changed = ?3 WHERE name = ?1;

-- name: package_set_state
UPDATE package SET state = ?2, changed = ?3 WHERE name = ?1;

-- name: package_delete
DELETE FROM package WHERE name = ?1;

-- name: package_version_get
SELECT digest, source, added_by, added FROM package_version WHERE package = ?1 AND version = ?2;

-- name: package_version_all
SELECT version FROM package_version WHERE package = ?1 ORDER BY number DESC;

-- name: package_version_put
INSERT INTO package_version (package, version, number, digest, source, added_by, added)
VALUES (?1, ?2, (SELECT COALESCE(MAX(number), 0) + 1 FROM package_version WHERE package = ?1),
        ?3, ?4, ?5, ?6);

-- name: package_version_delete
DELETE FROM package_version WHERE package = ?1 AND version = ?2;

-- name: package_version_delete_all
DELETE FROM package_version WHERE package = ?1;

-- name: package_file_all
SELECT path, content FROM package_file WHERE package = ?1 AND version = ?2 ORDER BY path;

-- name: package_file_get
SELECT content FROM package_file WHERE package = ?1 AND version = ?2 AND path = ?3;

-- name: package_file_put
INSERT INTO package_file (package, version, path, content) VALUES (?1, ?2, ?3, ?4);

-- name: package_file_delete
DELETE FROM package_file WHERE package = ?1 AND version = ?2;

-- name: package_file_delete_all
DELETE FROM package_file WHERE package = ?1;

-- name: package_server_all
SELECT server, domain, email, includes FROM package_server WHERE package = ?1;

-- name: package_server_put
INSERT INTO package_server (package, server, domain, email, includes) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (package, server) DO UPDATE SET domain = excluded.domain, email = excluded.email,
    includes = excluded.includes;

-- name: package_server_delete_all
DELETE FROM package_server WHERE package = ?1;
