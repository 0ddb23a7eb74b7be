-- SPDX-License-Identifier: Apache-2.0

-- name: nonce_get
SELECT value FROM nonce WHERE address = ?1;

-- name: nonce_advance
INSERT INTO nonce (address, value) VALUES (?1, ?2)
ON CONFLICT (address) DO UPDATE SET value = excluded.value WHERE excluded.value > nonce.value;
