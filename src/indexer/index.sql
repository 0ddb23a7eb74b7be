-- SPDX-License-Identifier: Apache-2.0

-- name: asset_document
SELECT d.document FROM asset a JOIN asset_document d ON d.id = a.id WHERE a.did = ?1;

-- name: asset_document_by_id
SELECT document FROM asset_document WHERE id = ?1;

-- name: asset_document_put
INSERT INTO asset_document (id, document, whole) VALUES (?1, ?2, ?3)
ON CONFLICT (id) DO UPDATE SET document = excluded.document, whole = excluded.whole;

-- name: asset_find
SELECT a.id, a.did, COALESCE(d.whole, d.document) AS document, a.state, a.tx, a.block, a.log_index
FROM asset a JOIN asset_document d ON d.id = a.id WHERE a.chain = ?1 AND a.nft = ?2;

-- name: asset_id
SELECT id FROM asset WHERE chain = ?1 AND nft = ?2;

-- name: asset_put
INSERT INTO asset (chain, nft, did, state, tx, block, log_index,
    published, created, updated, name, orders, price)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
ON CONFLICT (chain, nft) DO UPDATE SET did = excluded.did,
    state = excluded.state, tx = excluded.tx, block = excluded.block,
    log_index = excluded.log_index, published = excluded.published, created = excluded.created,
    updated = excluded.updated, name = excluded.name, orders = excluded.orders,
    price = excluded.price
RETURNING id;

-- name: asset_delete
DELETE FROM asset WHERE id = ?1;

-- name: asset_of_datatoken
SELECT nft FROM asset_datatoken WHERE chain = ?1 AND datatoken = ?2;

-- name: asset_nfts
SELECT nft FROM asset WHERE chain = ?1 LIMIT ?2;

-- name: asset_of_did
SELECT nft, tx, block FROM asset WHERE chain = ?1 AND did = ?2;

-- name: asset_of_term
SELECT a.nft, a.did, a.tx, a.block FROM asset_term t JOIN asset a ON a.id = t.asset
WHERE t.field = ?1 AND t.value = ?2 AND a.chain = ?3 ORDER BY a.id LIMIT 1;

-- name: datatoken_put
INSERT INTO asset_datatoken (chain, datatoken, nft) VALUES (?1, ?2, ?3)
ON CONFLICT (chain, datatoken) DO UPDATE SET nft = excluded.nft;

-- name: term_put
INSERT INTO asset_term (field, value, asset, shown) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING;

-- name: tags_put
INSERT INTO asset_tags (id, tags) VALUES (?1, ?2)
ON CONFLICT (id) DO UPDATE SET tags = excluded.tags;

-- name: tags_clear
DELETE FROM asset_tags WHERE id = ?1;

-- name: tags_all
SELECT id, tags FROM asset_tags;

-- name: term_clear
DELETE FROM asset_term WHERE asset = ?1;

-- name: asset_count
SELECT count(*) AS n FROM asset;

-- name: asset_newest
SELECT COALESCE(max(id), 0) AS id FROM asset;

-- name: term_next
SELECT value FROM asset_term WHERE field = ?1 AND value > ?2 ORDER BY value LIMIT 1;

-- name: term_assets
SELECT asset FROM asset_term WHERE field = ?1 AND value = ?2;

-- name: term_count
SELECT count(*) AS n FROM asset_term WHERE field = ?1 AND value = ?2;

-- name: term_of_asset
SELECT value FROM asset_term WHERE asset = ?1 AND field = ?2;

-- name: term_shown
SELECT COALESCE(shown, value) AS shown FROM asset_term WHERE field = ?1 AND value = ?2
ORDER BY asset LIMIT 1;

-- name: text_get
SELECT name, description, tags, author, token FROM asset_text WHERE id = ?1;

-- name: text_put
INSERT INTO asset_text (id, name, description, tags, author, token)
VALUES (?1, ?2, ?3, ?4, ?5, ?6)
ON CONFLICT (id) DO UPDATE SET name = excluded.name, description = excluded.description,
    tags = excluded.tags, author = excluded.author, token = excluded.token;

-- name: text_delete
DELETE FROM asset_text WHERE id = ?1;

-- name: search_put
INSERT INTO asset_search (rowid, name, description, tags, author, token)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: search_remove
INSERT INTO asset_search (asset_search, rowid, name, description, tags, author, token)
VALUES ('delete', ?1, ?2, ?3, ?4, ?5, ?6);

-- name: before_put
INSERT INTO asset_before (chain, block, nft, did, document, state, tx, asset_block, log_index)
SELECT w.chain, w.block, w.nft, a.did, COALESCE(d.whole, d.document), a.state, a.tx,
    a.block, a.log_index
FROM (SELECT CAST(?1 AS INTEGER) AS chain, CAST(?2 AS INTEGER) AS block, ?3 AS nft) w
LEFT JOIN asset a ON a.chain = w.chain AND a.nft = w.nft
LEFT JOIN asset_document d ON d.id = a.id
WHERE true
ON CONFLICT DO NOTHING;

-- name: before_list
SELECT nft, did, document, state, tx, asset_block, log_index FROM asset_before
WHERE chain = ?1 AND block > ?2 ORDER BY block DESC, seq DESC;

-- name: before_forget_after
DELETE FROM asset_before WHERE chain = ?1 AND block > ?2;

-- name: before_forget_until
DELETE FROM asset_before WHERE chain = ?1 AND block <= ?2;

-- name: state_put
INSERT INTO asset_state (chain, did, nft, tx, block, valid, error, banned)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
ON CONFLICT (chain, did) DO UPDATE SET nft = excluded.nft, tx = excluded.tx,
    block = excluded.block, valid = excluded.valid, error = excluded.error,
    banned = excluded.banned;

-- name: state_failed
SELECT tx, block FROM asset_state WHERE chain = ?1 AND lower(nft) = ?2 AND valid = 0
    AND banned IS NULL ORDER BY block DESC LIMIT 1;

-- name: state_banned
SELECT did, tx, block, banned FROM asset_state WHERE chain = ?1 AND banned IS NOT NULL;

-- name: state_freed
UPDATE asset_state SET banned = NULL WHERE chain = ?1 AND did = ?2;

-- name: state_by_did
SELECT chain, did, nft, tx, valid, error FROM asset_state WHERE did = ?1 LIMIT 1;

-- name: state_by_nft
SELECT chain, did, nft, tx, valid, error FROM asset_state WHERE lower(nft) = ?1
ORDER BY block DESC LIMIT 1;

-- name: state_by_tx
SELECT chain, did, nft, tx, valid, error FROM asset_state WHERE tx = ?1 LIMIT 1;

-- name: state_forget_after
DELETE FROM asset_state WHERE chain = ?1 AND block > ?2;

-- name: order_put
INSERT INTO asset_order (chain, tx, log_index, block, type, timestamp, consumer, payer, datatoken,
    nft, did, service_index, amount, start_tx)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
ON CONFLICT (chain, tx, log_index) DO NOTHING;

-- name: order_started
SELECT consumer, service_index, amount FROM asset_order
WHERE chain = ?1 AND tx = ?2 AND datatoken = ?3 AND type = 'startOrder'
ORDER BY log_index LIMIT 1;

-- name: order_count
SELECT count(*) AS n FROM asset_order WHERE chain = ?1 AND datatoken = ?2
    AND (?3 < 0 OR service_index = ?3);

-- name: order_adopt
UPDATE asset_order SET nft = ?3, did = ?4 WHERE chain = ?1 AND datatoken = ?2 AND nft = '';

-- name: order_forget_after
DELETE FROM asset_order WHERE chain = ?1 AND block > ?2;

-- name: cursor_get
SELECT block FROM index_cursor WHERE chain = ?1;

-- name: cursor_put
INSERT INTO index_cursor (chain, block) VALUES (?1, ?2)
ON CONFLICT (chain) DO UPDATE SET block = excluded.block;

-- name: block_put
INSERT INTO index_block (chain, block, hash) VALUES (?1, ?2, ?3)
ON CONFLICT (chain, block) DO UPDATE SET hash = excluded.hash;

-- name: block_newest
SELECT block, hash FROM index_block WHERE chain = ?1 AND block <= ?2
ORDER BY block DESC LIMIT 1;

-- name: block_forget_after
DELETE FROM index_block WHERE chain = ?1 AND block > ?2;

-- name: block_forget_until
DELETE FROM index_block WHERE chain = ?1 AND block <= ?2;

-- name: access_list_put
INSERT INTO access_list (chain, address, name, symbol, transferable, block, tx)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (chain, address) DO UPDATE SET name = excluded.name, symbol = excluded.symbol,
    transferable = excluded.transferable, block = excluded.block, tx = excluded.tx;

-- name: access_list_stub
INSERT INTO access_list (chain, address, name, symbol, transferable, block, tx)
VALUES (?1, ?2, '', '', 0, ?3, ?4) ON CONFLICT (chain, address) DO NOTHING;

-- name: access_list_add
INSERT INTO access_list_member (chain, address, token_id, block, log_index, wallet, tx)
SELECT w.chain, w.address, w.token_id, w.block, ?5, ?6, ?7
FROM (SELECT CAST(?1 AS INTEGER) AS chain, ?2 AS address, ?3 AS token_id,
    CAST(?4 AS INTEGER) AS block) w
WHERE NOT EXISTS (SELECT 1 FROM access_list_member m WHERE m.chain = w.chain
    AND m.address = w.address AND m.token_id = w.token_id AND m.block >= w.block);

-- name: access_list_hand_on
INSERT INTO access_list_member (chain, address, token_id, block, log_index, wallet, tx)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING;

-- name: access_list_remove
UPDATE access_list_member SET removed_block = ?4
WHERE chain = ?1 AND address = ?2 AND token_id = ?3 AND removed_block IS NULL AND block <= ?4;

-- name: access_list_part
UPDATE access_list_member SET removed_block = ?4
WHERE chain = ?1 AND address = ?2 AND token_id = ?3 AND removed_block IS NULL
    AND (block < ?4 OR (block = ?4 AND log_index < ?5));

-- name: access_list_transferable
SELECT address FROM access_list WHERE chain = ?1 AND transferable = 1 LIMIT ?2;

-- name: access_list_forget_after
DELETE FROM access_list WHERE chain = ?1 AND block > ?2;

-- name: access_list_forget_users_after
DELETE FROM access_list_member WHERE chain = ?1 AND block > ?2;

-- name: access_list_restore_after
UPDATE access_list_member SET removed_block = NULL WHERE chain = ?1 AND removed_block > ?2;

-- name: escrow_event_put
INSERT INTO escrow_event (chain, tx, log_index, block, type, payer, payee, token, job_id, document)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (chain, tx, log_index) DO NOTHING;

-- name: escrow_event_forget_after
DELETE FROM escrow_event WHERE chain = ?1 AND block > ?2;

-- name: chain_forget_words
INSERT INTO asset_search (asset_search, rowid, name, description, tags, author, token)
SELECT 'delete', t.id, t.name, t.description, t.tags, t.author, t.token
FROM asset_text t JOIN asset a ON a.id = t.id WHERE a.chain = ?1;

-- name: chain_forget_texts
DELETE FROM asset_text WHERE id IN (SELECT id FROM asset WHERE chain = ?1);

-- name: chain_forget_assets
DELETE FROM asset WHERE chain = ?1;

-- name: chain_forget_before
DELETE FROM asset_before WHERE chain = ?1;

-- name: chain_forget_states
DELETE FROM asset_state WHERE chain = ?1;

-- name: chain_forget_orders
DELETE FROM asset_order WHERE chain = ?1;

-- name: chain_forget_lists
DELETE FROM access_list WHERE chain = ?1;

-- name: chain_forget_users
DELETE FROM access_list_member WHERE chain = ?1;

-- name: chain_forget_escrow
DELETE FROM escrow_event WHERE chain = ?1;

-- name: chain_forget_blocks
DELETE FROM index_block WHERE chain = ?1;

-- name: chain_forget_cursor
DELETE FROM index_cursor WHERE chain = ?1;

-- name: again_put
INSERT INTO index_again (chain, tx, attempts, due, block) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (chain, tx) DO UPDATE SET attempts = excluded.attempts, due = excluded.due;

-- name: again_waits
SELECT tx FROM index_again WHERE chain = ?1 AND tx = ?2;

-- name: again_due
SELECT tx, attempts, block FROM index_again WHERE chain = ?1 AND due <= ?2
ORDER BY due, block, tx LIMIT 1;

-- name: again_next
SELECT min(due) AS due FROM index_again WHERE chain = ?1;

-- name: again_delete
DELETE FROM index_again WHERE chain = ?1 AND tx = ?2;

-- name: again_list
SELECT chain, tx FROM index_again ORDER BY due, chain, tx LIMIT ?1;

-- name: chain_forget_again
DELETE FROM index_again WHERE chain = ?1;

-- name: escrow_events
SELECT document FROM escrow_event WHERE (?1 = 0 OR chain = ?1) AND (?2 IS NULL OR type = ?2)
    AND (?3 IS NULL OR payer = ?3) AND (?4 IS NULL OR payee = ?4) AND (?5 IS NULL OR token = ?5)
    AND (?6 IS NULL OR job_id = ?6) AND (?7 IS NULL OR tx = ?7)
ORDER BY block DESC, log_index DESC LIMIT ?8 OFFSET ?9;

-- name: access_list_get
SELECT address, name, symbol, transferable, block, tx FROM access_list
WHERE chain = ?1 AND address = ?2;

-- name: access_list_users
SELECT wallet, token_id, block, tx FROM access_list_member
WHERE chain = ?1 AND address = ?2 AND removed_block IS NULL ORDER BY block, token_id;

-- name: access_list_of_wallet
SELECT DISTINCT chain, address FROM access_list_member
WHERE wallet = ?1 AND removed_block IS NULL AND (?2 = 0 OR chain = ?2) ORDER BY chain, address
LIMIT 1000;

-- name: purgatory_get
SELECT list FROM purgatory_list WHERE url = ?1;

-- name: purgatory_put
INSERT INTO purgatory_list (url, list) VALUES (?1, ?2)
ON CONFLICT (url) DO UPDATE SET list = excluded.list;
