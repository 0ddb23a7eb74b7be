-- SPDX-License-Identifier: Apache-2.0
-- Who holds a token can change, datatokens belong to one NFT, and lists of the banned are kept.

-- Earlier blocks first when several documents are waited for.
ALTER TABLE index_again ADD COLUMN block INTEGER NOT NULL DEFAULT 0;

-- The DID or account for whose sake an asset is out of sight; NULL: it is not.
ALTER TABLE asset_state ADD COLUMN banned TEXT;

-- The NFT that a datatoken says it belongs to and whose document names it.
CREATE TABLE asset_datatoken (
    chain INTEGER NOT NULL,
    datatoken TEXT NOT NULL,
    nft TEXT NOT NULL,
    PRIMARY KEY (chain, datatoken)
) STRICT;
INSERT INTO asset_datatoken (chain, datatoken, nft)
SELECT a.chain, t.value, a.nft FROM asset_term t JOIN asset a ON a.id = t.asset
WHERE t.field = 20 ORDER BY a.id
ON CONFLICT DO NOTHING;

-- Orders are kept before their asset is known; nft and did are '' until then.
CREATE INDEX asset_order_by_datatoken ON asset_order (chain, datatoken);

-- A row for each time that a token of a list was with a wallet.
CREATE TABLE access_list_member (
    chain INTEGER NOT NULL,
    address TEXT NOT NULL,
    token_id TEXT NOT NULL,
    block INTEGER NOT NULL,
    log_index INTEGER NOT NULL,
    wallet TEXT NOT NULL,
    tx TEXT NOT NULL,
    removed_block INTEGER,
    PRIMARY KEY (chain, address, token_id, block, log_index)
) STRICT;
INSERT INTO access_list_member (chain, address, token_id, block, log_index, wallet, tx, removed_block)
SELECT chain, address, token_id, block, 0, wallet, tx, removed_block FROM access_list_user;
DROP TABLE access_list_user;
CREATE INDEX access_list_member_by_wallet ON access_list_member (wallet);

-- Purgatory as last published, by URL: JSON text.
CREATE TABLE purgatory_list (
    url TEXT NOT NULL PRIMARY KEY,
    list TEXT NOT NULL
) STRICT;
