-- SPDX-License-Identifier: Apache-2.0
-- Who people are, how they log in, and what they were told. Times are milliseconds; what a browser or an app holds is
-- kept as its SHA-256 (0x and 64 hex digits).

-- One row for each person; `id` is "u" and 32 hex digits and owns everything the person has.
CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    blocked INTEGER
) STRICT;

-- How a person proves who they are: a wallet (name: address in lower case), 3Bot Connect (name: alice.3bot) or, on
-- loopback, a name alone. `public_key` is the key that Connect's directory gave at the first login, in base64.
CREATE TABLE login (
    kind TEXT NOT NULL CHECK (kind IN ('wallet', 'connect', 'dev')),
    name TEXT NOT NULL,
    person TEXT NOT NULL UNIQUE REFERENCES person (id) ON DELETE CASCADE,
    email TEXT NOT NULL DEFAULT '',
    public_key TEXT,
    PRIMARY KEY (kind, name)
) STRICT;

-- Logged in: a browser holds the token. `scope` is '' for the marketplace, else the host of a solution, whose sessions
-- end with the one (`parent`) that they were handed over from.
CREATE TABLE session (
    id TEXT NOT NULL PRIMARY KEY,
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    scope TEXT NOT NULL DEFAULT '',
    parent TEXT REFERENCES session (id) ON DELETE CASCADE,
    created INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    agent TEXT NOT NULL,
    address TEXT NOT NULL
) STRICT;
CREATE INDEX session_by_person ON session (person, scope, seen);
CREATE INDEX session_by_parent ON session (parent);
CREATE INDEX session_by_expires ON session (expires);

-- A login that has begun: `id` is of the browser's cookie, `secret` of the state or nonce that must come back.
CREATE TABLE login_attempt (
    secret TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    host TEXT NOT NULL,
    next TEXT NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX login_attempt_by_expires ON login_attempt (expires);
CREATE INDEX login_attempt_by_id ON login_attempt (id);

-- A session on its way to another host, once.
CREATE TABLE handover (
    token TEXT NOT NULL PRIMARY KEY,
    session TEXT NOT NULL REFERENCES session (id) ON DELETE CASCADE,
    host TEXT NOT NULL,
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX handover_by_session ON handover (session);
CREATE INDEX handover_by_expires ON handover (expires);

-- Which terms (the SHA-256 of their text) a person has accepted, and when.
CREATE TABLE terms_accepted (
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (person, hash)
) STRICT;

-- What administrators did, and what was done to people: never changed, only added to.
CREATE TABLE audit (
    id INTEGER NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    who TEXT NOT NULL,
    what TEXT NOT NULL
) STRICT;
