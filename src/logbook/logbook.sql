-- SPDX-License-Identifier: Apache-2.0

-- name: log_add
INSERT INTO log_line (at, level, module, part, message) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: log_find
SELECT id, at, level, module, part, message FROM log_line
WHERE at >= ?1 AND at <= ?2 AND (?3 IS NULL OR module = ?3) AND (?4 < 0 OR level = ?4)
ORDER BY at DESC, id DESC LIMIT ?5 OFFSET ?6;

-- name: log_get
SELECT id, at, level, module, part, message FROM log_line WHERE id = ?1;

-- name: log_delete_old
DELETE FROM log_line WHERE id IN (SELECT id FROM log_line WHERE at < ?1 ORDER BY at LIMIT ?2);

-- name: log_delete_many
DELETE FROM log_line WHERE id IN
    (SELECT id FROM log_line WHERE id <= (SELECT MAX(id) FROM log_line) - ?1 ORDER BY id LIMIT ?2);
