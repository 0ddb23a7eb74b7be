-- SPDX-License-Identifier: Apache-2.0
-- Transactions of the node's keys, one row for each purpose that was signed for. Addresses and
-- hashes are lower case, amounts decimal text, times milliseconds.

CREATE TABLE chain_tx (
    id INTEGER PRIMARY KEY,
    chain INTEGER NOT NULL,
    sender TEXT NOT NULL,
    purpose TEXT NOT NULL,
    reference TEXT NOT NULL,
    to_address TEXT NOT NULL,
    data BLOB NOT NULL,
    value TEXT NOT NULL,
    nonce INTEGER NOT NULL,
    gas INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('signed', 'sent', 'mined', 'reverted', 'dropped')),
    hash TEXT NOT NULL,
    block INTEGER,
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
-- Nothing is sent twice, and no nonce is used twice at the same time.
CREATE UNIQUE INDEX chain_tx_once ON chain_tx (chain, sender, purpose, reference)
    WHERE state IN ('signed', 'sent', 'mined');
CREATE UNIQUE INDEX chain_tx_nonce ON chain_tx (chain, sender, nonce)
    WHERE state IN ('signed', 'sent');
CREATE INDEX chain_tx_by_reference ON chain_tx (chain, sender, purpose, reference, id);

-- The signed bytes of a row: the first, then each that replaced it with a higher fee. One of them
-- is mined at last.
CREATE TABLE chain_try (
    hash TEXT NOT NULL PRIMARY KEY,
    tx INTEGER NOT NULL REFERENCES chain_tx (id),
    raw BLOB NOT NULL,
    type INTEGER NOT NULL,
    priority TEXT NOT NULL,
    price TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX chain_try_by_tx ON chain_try (tx, created);
