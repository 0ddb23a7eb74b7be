-- SPDX-License-Identifier: Apache-2.0

-- name: sender_find
SELECT id, state, hash, changed, COUNT(*) OVER () AS attempts FROM chain_tx
WHERE chain = ?1 AND sender = ?2 AND purpose = ?3 AND reference = ?4 ORDER BY id DESC LIMIT 1;

-- name: sender_add
INSERT INTO chain_tx (chain, sender, purpose, reference, to_address, data, value, nonce, gas,
                      state, hash, created, changed)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'signed', ?10, ?11, ?11) RETURNING id;

-- name: sender_add_try
INSERT INTO chain_try (hash, tx, raw, type, priority, price, created)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: sender_set_state
UPDATE chain_tx SET state = ?2, hash = ?3, block = ?4, changed = ?5
WHERE id = ?1 AND state IN ('signed', 'sent');

-- name: sender_set_hash
UPDATE chain_tx SET hash = ?2, changed = ?3 WHERE id = ?1;

-- name: sender_live
SELECT id, purpose, reference, to_address, data, value, nonce, gas, state, hash FROM chain_tx
WHERE chain = ?1 AND sender = ?2 AND state IN ('signed', 'sent') ORDER BY nonce LIMIT ?3;

-- name: sender_tries
SELECT hash, raw, type, priority, price, created FROM chain_try WHERE tx = ?1 ORDER BY created, hash;

-- name: sender_live_nonce
SELECT MAX(nonce) AS nonce FROM chain_tx
WHERE chain = ?1 AND sender = ?2 AND state IN ('signed', 'sent');

-- name: sender_last_mined
SELECT nonce, hash FROM chain_tx
WHERE chain = ?1 AND sender = ?2 AND state IN ('mined', 'reverted') ORDER BY id DESC LIMIT 1;

-- name: sender_any_nonce
SELECT MAX(nonce) AS nonce FROM chain_tx WHERE chain = ?1 AND sender = ?2;

-- name: sender_key
SELECT known, strange, noticed FROM chain_key WHERE chain = ?1 AND sender = ?2;

-- name: sender_key_set
INSERT INTO chain_key (chain, sender, known, strange, noticed) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (chain, sender) DO UPDATE SET known = excluded.known, strange = excluded.strange,
                                          noticed = excluded.noticed;
