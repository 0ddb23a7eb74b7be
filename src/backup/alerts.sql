-- SPDX-License-Identifier: Apache-2.0

-- name: backup_alert_put
INSERT INTO backup_alert (deployment, server, kind, at, last_at, count, text)
VALUES (?1, ?2, ?3, ?4, ?4, 1, ?5)
ON CONFLICT (deployment, server, kind) DO UPDATE
SET last_at = excluded.last_at, text = excluded.text, count = backup_alert.count + 1
RETURNING count;

-- name: backup_alert_clear
DELETE FROM backup_alert WHERE deployment = ?1 AND server = ?2 AND kind = ?3;

-- name: backup_alert_all
SELECT deployment, server, kind, at, last_at, count, text FROM backup_alert
WHERE ?1 IS NULL OR deployment = ?1 ORDER BY at DESC LIMIT 200;
