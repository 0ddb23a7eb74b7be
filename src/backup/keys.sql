-- SPDX-License-Identifier: Apache-2.0

-- name: backup_key_get
SELECT sealed FROM backup_key WHERE owner = ?1;

-- name: backup_key_put
INSERT INTO backup_key (owner, sealed, created) VALUES (?1, ?2, ?3) ON CONFLICT (owner) DO NOTHING;
