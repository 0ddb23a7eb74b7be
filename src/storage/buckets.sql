-- SPDX-License-Identifier: Apache-2.0

-- name: bucket_insert
INSERT INTO bucket (id, owner, lists, label, created) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: bucket_get
SELECT id, owner, lists, label, created FROM bucket WHERE id = ?1;

-- name: bucket_by_owner
SELECT id, owner, lists, label, created FROM bucket WHERE owner = ?1 ORDER BY created, id;

-- name: bucket_count
SELECT COUNT(*) AS n FROM bucket WHERE owner = ?1;

-- name: bucket_set_label
UPDATE bucket SET label = ?1 WHERE id = ?2;

-- name: bucket_import
INSERT INTO bucket (id, owner, lists, label, created) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (id) DO NOTHING;
