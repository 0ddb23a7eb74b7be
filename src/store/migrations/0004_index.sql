-- SPDX-License-Identifier: Apache-2.0
-- What the indexer knows of each chain. Addresses and hashes are lower case, amounts decimal text,
-- times milliseconds unless they are a contract's (seconds).

-- The last block whose events are in these tables.
CREATE TABLE index_cursor (
    chain INTEGER NOT NULL PRIMARY KEY,
    block INTEGER NOT NULL
) STRICT;

-- Hashes of the newest indexed blocks: what a reorganisation is noticed by.
CREATE TABLE index_block (
    chain INTEGER NOT NULL,
    block INTEGER NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (chain, block)
) STRICT;

-- One document for each data NFT. The last seven columns repeat what it is sorted by (the price, the
-- lowest one, only for that). The texts stand apart, so that looking through the rows is cheap.
CREATE TABLE asset (
    id INTEGER PRIMARY KEY,
    chain INTEGER NOT NULL,
    nft TEXT NOT NULL,
    did TEXT NOT NULL UNIQUE,
    state INTEGER NOT NULL,
    tx TEXT NOT NULL,
    block INTEGER NOT NULL,
    log_index INTEGER NOT NULL,
    published TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    name TEXT NOT NULL,
    orders INTEGER NOT NULL,
    price REAL,
    UNIQUE (chain, nft)
) STRICT;
CREATE INDEX asset_by_block ON asset (block, log_index);
CREATE INDEX asset_by_published ON asset (published);
CREATE INDEX asset_by_created ON asset (created);
CREATE INDEX asset_by_updated ON asset (updated);
CREATE INDEX asset_by_name ON asset (lower(name));
CREATE INDEX asset_by_orders ON asset (orders);
CREATE INDEX asset_by_price ON asset (price);

-- The document's JSON text as it is answered, and whole where the answer is a short form.
CREATE TABLE asset_document (
    id INTEGER PRIMARY KEY REFERENCES asset (id) ON DELETE CASCADE,
    document TEXT NOT NULL,
    whole TEXT
) STRICT;

-- What may be filtered by: the short values below a documented set of paths.
CREATE TABLE asset_term (
    field INTEGER NOT NULL,
    value TEXT NOT NULL,
    asset INTEGER NOT NULL REFERENCES asset (id) ON DELETE CASCADE,
    PRIMARY KEY (field, value, asset)
) STRICT, WITHOUT ROWID;
CREATE INDEX asset_term_by_asset ON asset_term (asset);

-- What words are searched in; the search table holds only the index over it.
CREATE TABLE asset_text (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    tags TEXT NOT NULL,
    author TEXT NOT NULL
) STRICT;
-- sqlite:
CREATE VIRTUAL TABLE asset_search USING fts5 (
    name, description, tags, author,
    content = 'asset_text', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
-- end

-- A document as it was before a block that may still be replaced; NULL: there was none.
CREATE TABLE asset_before (
    seq INTEGER PRIMARY KEY,
    chain INTEGER NOT NULL,
    block INTEGER NOT NULL,
    nft TEXT NOT NULL,
    did TEXT,
    document TEXT,
    state INTEGER,
    tx TEXT,
    asset_block INTEGER,
    log_index INTEGER,
    UNIQUE (chain, block, nft)
) STRICT;

-- The last attempt to index a document.
CREATE TABLE asset_state (
    chain INTEGER NOT NULL,
    did TEXT NOT NULL,
    nft TEXT NOT NULL,
    tx TEXT NOT NULL,
    block INTEGER NOT NULL,
    valid INTEGER NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (chain, did)
) STRICT;
CREATE INDEX asset_state_by_did ON asset_state (did);
CREATE INDEX asset_state_by_nft ON asset_state (lower(nft));
CREATE INDEX asset_state_by_tx ON asset_state (tx);

-- Transactions to look at once more: their documents could not be had yet, or an admin asked.
CREATE TABLE index_again (
    chain INTEGER NOT NULL,
    tx TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due INTEGER NOT NULL,
    PRIMARY KEY (chain, tx)
) STRICT;

-- Every OrderStarted and OrderReused log of a known datatoken.
CREATE TABLE asset_order (
    chain INTEGER NOT NULL,
    tx TEXT NOT NULL,
    log_index INTEGER NOT NULL,
    block INTEGER NOT NULL,
    type TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    consumer TEXT NOT NULL,
    payer TEXT NOT NULL,
    datatoken TEXT NOT NULL,
    nft TEXT NOT NULL,
    did TEXT NOT NULL,
    service_index INTEGER NOT NULL,
    amount TEXT NOT NULL,
    start_tx TEXT NOT NULL,
    PRIMARY KEY (chain, tx, log_index)
) STRICT;
CREATE INDEX asset_order_by_block ON asset_order (chain, block);
CREATE INDEX asset_order_by_consumer ON asset_order (consumer, did);

CREATE TABLE access_list (
    chain INTEGER NOT NULL,
    address TEXT NOT NULL,
    name TEXT NOT NULL,
    symbol TEXT NOT NULL,
    transferable INTEGER NOT NULL,
    block INTEGER NOT NULL,
    tx TEXT NOT NULL,
    PRIMARY KEY (chain, address)
) STRICT;

CREATE TABLE access_list_user (
    chain INTEGER NOT NULL,
    address TEXT NOT NULL,
    token_id TEXT NOT NULL,
    wallet TEXT NOT NULL,
    block INTEGER NOT NULL,
    tx TEXT NOT NULL,
    removed_block INTEGER,
    PRIMARY KEY (chain, address, token_id)
) STRICT;
CREATE INDEX access_list_user_by_wallet ON access_list_user (wallet);

-- Events of the escrow contracts, of every payer and payee.
CREATE TABLE escrow_event (
    chain INTEGER NOT NULL,
    tx TEXT NOT NULL,
    log_index INTEGER NOT NULL,
    block INTEGER NOT NULL,
    type TEXT NOT NULL,
    payer TEXT,
    payee TEXT,
    token TEXT,
    job_id TEXT,
    document TEXT NOT NULL,
    PRIMARY KEY (chain, tx, log_index)
) STRICT;
CREATE INDEX escrow_event_by_block ON escrow_event (chain, block, log_index);
CREATE INDEX escrow_event_by_payer ON escrow_event (payer);
CREATE INDEX escrow_event_by_payee ON escrow_event (payee);
