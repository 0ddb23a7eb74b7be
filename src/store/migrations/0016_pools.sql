-- SPDX-License-Identifier: Apache-2.0
-- Prepaid capacity and the meters that spend it, written by pool/ alone. Amounts are base units in
-- decimal text, times milliseconds unless they say otherwise, addresses lower case.

CREATE TABLE pool (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('granted', 'wallet')),
    chain INTEGER NOT NULL,
    token TEXT NOT NULL,
    payer TEXT NOT NULL DEFAULT '',
    balance TEXT NOT NULL,
    standing TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL,
    UNIQUE (owner, name)
) STRICT;
-- A wallet has one pool for each token: its funds are not counted twice.
CREATE UNIQUE INDEX pool_of_wallet ON pool (payer, chain, token) WHERE kind = 'wallet';

-- The ledger: amounts are signed. Of a granted pool they add up to its balance, of a wallet's to
-- what was paid and is reserved, negative.
CREATE TABLE pool_entry (
    id INTEGER PRIMARY KEY,
    pool TEXT NOT NULL REFERENCES pool (id),
    at INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('grant', 'take', 'voucher', 'reserve', 'return')),
    amount TEXT NOT NULL,
    deployment TEXT,
    number INTEGER,
    note TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX pool_entry_by_pool ON pool_entry (pool, id);
-- Nothing is reserved or returned twice.
CREATE UNIQUE INDEX pool_entry_once ON pool_entry (deployment, number, kind)
    WHERE deployment IS NOT NULL;

CREATE TABLE pool_voucher (
    id TEXT NOT NULL PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    chain INTEGER NOT NULL,
    token TEXT NOT NULL,
    amount TEXT NOT NULL,
    uses INTEGER NOT NULL CHECK (uses > 0),
    used INTEGER NOT NULL DEFAULT 0 CHECK (used <= uses),
    expires INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0,
    note TEXT NOT NULL,
    made_by TEXT NOT NULL,
    created INTEGER NOT NULL
) STRICT;
CREATE TABLE pool_voucher_use (
    voucher TEXT NOT NULL REFERENCES pool_voucher (id),
    owner TEXT NOT NULL,
    pool TEXT NOT NULL REFERENCES pool (id),
    at INTEGER NOT NULL,
    PRIMARY KEY (voucher, owner)
) STRICT;

CREATE TABLE pool_meter (
    deployment TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    pool TEXT NOT NULL REFERENCES pool (id),
    state TEXT NOT NULL CHECK (state IN ('funding', 'funded', 'running', 'empty', 'closing',
                                         'closed', 'failed')),
    reason TEXT NOT NULL DEFAULT '',
    terms TEXT NOT NULL,
    next_terms TEXT,
    period_s INTEGER NOT NULL,
    current INTEGER NOT NULL DEFAULT 0,
    low INTEGER NOT NULL DEFAULT 0,
    stop TEXT NOT NULL DEFAULT '' CHECK (stop IN ('', 'used', 'fault')),
    stop_at INTEGER NOT NULL DEFAULT 0,
    ends INTEGER NOT NULL,
    began INTEGER NOT NULL DEFAULT 0,
    spent TEXT NOT NULL DEFAULT '0',
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE INDEX pool_meter_by_pool ON pool_meter (pool, state);
CREATE INDEX pool_meter_by_state ON pool_meter (state);

-- A period: `amount` is reserved for it, `cost` is what was decided to be owed, `job` the id of its
-- payment in the escrow ('' for a granted pool), `expiry` the lock's (seconds).
CREATE TABLE pool_period (
    deployment TEXT NOT NULL REFERENCES pool_meter (deployment),
    number INTEGER NOT NULL,
    pool TEXT NOT NULL REFERENCES pool (id),
    job TEXT NOT NULL,
    terms TEXT NOT NULL,
    seconds INTEGER NOT NULL,
    amount TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('opening', 'open', 'closing', 'closed', 'failed')),
    opened INTEGER NOT NULL,
    starts INTEGER NOT NULL DEFAULT 0,
    until INTEGER NOT NULL DEFAULT 0,
    expiry INTEGER NOT NULL DEFAULT 0,
    cost TEXT NOT NULL DEFAULT '0',
    reason TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (deployment, number)
) STRICT;
CREATE UNIQUE INDEX pool_period_by_job ON pool_period (job) WHERE job <> '';
CREATE INDEX pool_period_live ON pool_period (pool, state);

-- The node's key on a chain: `known` transactions of it were there before this store or were
-- noticed as somebody else's (sender); `strange` of them while this store was in use.
CREATE TABLE chain_key (
    chain INTEGER NOT NULL,
    sender TEXT NOT NULL,
    known INTEGER NOT NULL,
    strange INTEGER NOT NULL DEFAULT 0,
    noticed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (chain, sender)
) STRICT;

-- What tokens say of themselves, so that amounts can be shown while a chain does not answer.
CREATE TABLE pool_token (
    chain INTEGER NOT NULL,
    token TEXT NOT NULL,
    symbol TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    PRIMARY KEY (chain, token)
) STRICT;
