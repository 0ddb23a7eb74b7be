-- SPDX-License-Identifier: Apache-2.0

-- name: auth_secret_get
SELECT secret FROM auth_secret WHERE id = 1;

-- name: auth_secret_put
INSERT INTO auth_secret (id, secret) VALUES (1, ?1) ON CONFLICT (id) DO NOTHING;

-- name: auth_token_put
INSERT INTO auth_token (id, address, created, valid_until) VALUES (?1, ?2, ?3, ?4);

-- name: auth_token_get
SELECT address, valid_until FROM auth_token WHERE id = ?1;

-- name: auth_token_end
DELETE FROM auth_token WHERE id = ?1;

-- name: auth_token_expire
DELETE FROM auth_token WHERE valid_until < ?1;

-- name: auth_token_import
INSERT INTO auth_token (id, address, created, valid_until) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (id) DO NOTHING;
