-- SPDX-License-Identifier: Apache-2.0

-- name: migration_list
SELECT number, name FROM schema_migration;

-- name: migration_add
INSERT INTO schema_migration (number, name, applied) VALUES (?1, ?2, ?3);
