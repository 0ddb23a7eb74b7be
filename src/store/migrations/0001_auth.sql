-- SPDX-License-Identifier: Apache-2.0
-- Who has asked before. Addresses are lower case, times milliseconds.

-- The last nonce that each address has used up, over all commands.
CREATE TABLE nonce (
    address TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Tokens that are good. A token that was ended has no row; `id` is the SHA-256 of its text.
CREATE TABLE auth_token (
    id TEXT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    created INTEGER NOT NULL,
    valid_until INTEGER
) STRICT;
CREATE INDEX auth_token_by_valid_until ON auth_token (valid_until);

-- What tokens are signed with where the configuration says nothing; one row.
CREATE TABLE auth_secret (
    id INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    secret TEXT NOT NULL
) STRICT;
