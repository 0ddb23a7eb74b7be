-- SPDX-License-Identifier: Apache-2.0

-- name: pool_get
SELECT * FROM pool WHERE id = ?1;

-- name: pool_of_payer
SELECT id, owner FROM pool WHERE payer = ?1 AND chain = ?2 AND token = ?3 AND kind = 'wallet';

-- name: pool_by_owner
SELECT * FROM pool WHERE owner = ?1 ORDER BY created, id LIMIT 1000;

-- name: pool_all
SELECT * FROM pool ORDER BY created, id LIMIT 10000;

-- name: pool_granted_of
SELECT * FROM pool WHERE owner = ?1 AND kind = 'granted' AND chain = ?2 AND token = ?3
ORDER BY created, id LIMIT 1;

-- name: pool_of_name
SELECT id FROM pool WHERE owner = ?1 AND name = ?2;

-- name: pool_count_of
SELECT COUNT(*) AS n FROM pool WHERE owner = ?1;

-- name: pool_add
INSERT INTO pool (id, owner, name, kind, chain, token, payer, balance, created)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '0', ?8);

-- name: pool_set_balance
UPDATE pool SET balance = ?2 WHERE id = ?1;

-- name: pool_set_standing
UPDATE pool SET balance = ?2, standing = ?3 WHERE id = ?1;

-- name: pool_entry_add
INSERT INTO pool_entry (pool, at, kind, amount, deployment, number, note)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: pool_entries
SELECT e.id, e.at, e.kind, e.amount, e.deployment, e.number, e.note, p.job
FROM pool_entry e LEFT JOIN pool_period p ON p.deployment = e.deployment AND p.number = e.number
WHERE e.pool = ?1 AND (?2 = 0 OR e.id < ?2) ORDER BY e.id DESC LIMIT ?3;

-- name: pool_locked
SELECT amount FROM pool_period WHERE pool = ?1 AND state IN ('opening', 'open', 'closing');

-- name: pool_burning
SELECT terms FROM pool_meter WHERE pool = ?1 AND state IN ('funding', 'funded', 'running');

-- name: pool_starved
SELECT COUNT(*) AS n FROM pool_meter WHERE pool = ?1 AND state = 'empty';

-- name: pool_paid_until
SELECT MIN(until) AS n FROM pool_period WHERE pool = ?1 AND state = 'open' AND starts > 0;

-- name: voucher_add
INSERT INTO pool_voucher (id, hash, chain, token, amount, uses, expires, note, made_by, created)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10);

-- name: quota_set
INSERT INTO pool_voucher (id, hash, chain, token, amount, uses, expires, note, made_by, created)
VALUES (?1, ?1, ?2, ?3, ?4, 1000000000, 0, ?5, '', ?6)
ON CONFLICT (id) DO UPDATE SET amount = excluded.amount;

-- name: voucher_by_hash
SELECT * FROM pool_voucher WHERE hash = ?1;

-- name: voucher_all
SELECT * FROM pool_voucher ORDER BY created DESC, id LIMIT 10000;

-- name: voucher_revoke
UPDATE pool_voucher SET revoked = 1 WHERE id = ?1 OR hash = ?2;

-- name: voucher_count
UPDATE pool_voucher SET used = used + 1 WHERE id = ?1 AND used < uses;

-- name: voucher_used_by
SELECT at FROM pool_voucher_use WHERE voucher = ?1 AND owner = ?2;

-- name: voucher_use
INSERT INTO pool_voucher_use (voucher, owner, pool, at) VALUES (?1, ?2, ?3, ?4);

-- name: pool_token_get
SELECT symbol, decimals FROM pool_token WHERE chain = ?1 AND token = ?2;

-- name: pool_token_add
INSERT INTO pool_token (chain, token, symbol, decimals) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT (chain, token) DO NOTHING;
