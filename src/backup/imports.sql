-- SPDX-License-Identifier: Apache-2.0

-- name: backup_import_put
INSERT INTO backup_import (id, owner, server, repository, snapshot, sealed, created)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: backup_import_get
SELECT server, repository, snapshot, sealed FROM backup_import WHERE id = ?1;

-- name: backup_import_drop
DELETE FROM backup_import WHERE id = ?1;
