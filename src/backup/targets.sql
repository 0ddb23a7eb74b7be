-- SPDX-License-Identifier: Apache-2.0

-- name: backup_target_get
SELECT last_ok, checked, tested, pruned FROM backup_target WHERE deployment = ?1 AND server = ?2;

-- name: backup_target_note
INSERT INTO backup_target (deployment, server, last_at, last_ok, error) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (deployment, server) DO UPDATE
SET last_at = excluded.last_at, error = excluded.error,
    last_ok = COALESCE(excluded.last_ok, backup_target.last_ok);

-- name: backup_target_checked
UPDATE backup_target SET checked = ?3 WHERE deployment = ?1 AND server = ?2;

-- name: backup_target_tested
UPDATE backup_target SET tested = ?3 WHERE deployment = ?1 AND server = ?2;

-- name: backup_target_pruned
UPDATE backup_target SET pruned = ?3 WHERE deployment = ?1 AND server = ?2;

-- name: backup_target_all
SELECT s.name, t.last_at, t.last_ok, t.error FROM backup_server s
LEFT JOIN backup_target t ON t.server = s.name AND t.deployment = ?1
ORDER BY s.created, s.name;

-- name: backup_target_drop
DELETE FROM backup_target WHERE deployment = ?1 AND server = ?2;

-- name: backup_target_left
SELECT server FROM backup_target WHERE deployment = ?1 LIMIT 1;

-- name: backup_snapshot_put
INSERT INTO backup_snapshot (deployment, server, id, at, size, manifest)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (deployment, server, id) DO UPDATE SET manifest = excluded.manifest;

-- name: backup_snapshot_ids
SELECT id FROM backup_snapshot WHERE deployment = ?1 AND server = ?2;

-- name: backup_snapshot_drop
DELETE FROM backup_snapshot WHERE deployment = ?1 AND server = ?2 AND id = ?3;

-- name: backup_snapshot_drop_all
DELETE FROM backup_snapshot WHERE deployment = ?1 AND server = ?2;

-- name: backup_snapshot_bad
UPDATE backup_snapshot SET bad = ?4 WHERE deployment = ?1 AND server = ?2 AND id = ?3;

-- name: backup_snapshot_all
SELECT server, id, at, size, manifest, bad FROM backup_snapshot WHERE deployment = ?1
ORDER BY at DESC, id, server;
