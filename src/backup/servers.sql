-- SPDX-License-Identifier: Apache-2.0

-- name: backup_server_all
SELECT name, host, port, login, path, host_key, created, checked, last_ok, error
FROM backup_server ORDER BY created, name;

-- name: backup_server_get
SELECT name, host, port, login, path, host_key FROM backup_server WHERE name = ?1;

-- name: backup_server_put
INSERT INTO backup_server (name, host, port, login, path, host_key, created)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: backup_server_pin
UPDATE backup_server SET host_key = ?2 WHERE name = ?1;

-- name: backup_server_note
UPDATE backup_server
SET checked = ?2, error = ?3, last_ok = CASE WHEN ?3 IS NULL THEN ?2 ELSE last_ok END
WHERE name = ?1;

-- name: backup_server_remove
DELETE FROM backup_server WHERE name = ?1;

-- name: backup_server_remove_targets
DELETE FROM backup_target WHERE server = ?1;

-- name: backup_server_remove_snapshots
DELETE FROM backup_snapshot WHERE server = ?1;

-- name: backup_server_remove_alerts
DELETE FROM backup_alert WHERE server = ?1;
