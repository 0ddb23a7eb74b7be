-- SPDX-License-Identifier: Apache-2.0

-- name: backup_plan_put
INSERT INTO backup_plan (deployment, owner, schedule, retention, next_at)
VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (deployment) DO UPDATE
SET schedule = COALESCE(excluded.schedule, backup_plan.schedule),
    retention = COALESCE(excluded.retention, backup_plan.retention), gone = 0;

-- name: backup_plan_get
SELECT owner, schedule, retention, next_at, gone, gone_at FROM backup_plan WHERE deployment = ?1;

-- name: backup_plan_change
UPDATE backup_plan SET schedule = COALESCE(?2, schedule), retention = COALESCE(?3, retention)
WHERE deployment = ?1;

-- name: backup_plan_set_next
UPDATE backup_plan SET next_at = ?2 WHERE deployment = ?1;

-- name: backup_plan_due
SELECT deployment FROM backup_plan WHERE next_at <= ?1 AND gone = 0 ORDER BY next_at LIMIT 64;

-- name: backup_plan_first
SELECT next_at FROM backup_plan WHERE next_at IS NOT NULL AND gone = 0 ORDER BY next_at LIMIT 1;

-- name: backup_plan_purges
SELECT deployment FROM backup_plan WHERE gone = 2 ORDER BY deployment LIMIT 64;

-- name: backup_plan_gone
UPDATE backup_plan SET gone = 1, gone_at = ?2, name = ?3, next_at = NULL
WHERE deployment = ?1 AND gone = 0;

-- name: backup_plan_purge
UPDATE backup_plan SET gone = 2 WHERE deployment = ?1 AND gone > 0;

-- name: backup_plan_expire
UPDATE backup_plan SET gone = 2 WHERE gone = 1 AND gone_at <= ?1;

-- name: backup_plan_oldest
SELECT gone_at FROM backup_plan WHERE gone = 1 ORDER BY gone_at LIMIT 1;

-- name: backup_plan_undated
UPDATE backup_plan SET gone_at = ?1 WHERE gone > 0 AND gone_at = 0;

-- name: backup_plan_left
SELECT p.deployment, p.name, p.gone, p.gone_at, COUNT(DISTINCT s.id) AS snapshots,
       MAX(s.at) AS last_at
FROM backup_plan p LEFT JOIN backup_snapshot s ON s.deployment = p.deployment
WHERE p.owner = ?1 AND p.gone > 0
GROUP BY p.deployment, p.name, p.gone, p.gone_at ORDER BY p.gone_at DESC, p.deployment LIMIT 1000;

-- name: backup_plan_drop
DELETE FROM backup_plan WHERE deployment = ?1;

-- name: backup_plan_drop_alerts
DELETE FROM backup_alert WHERE deployment = ?1;
