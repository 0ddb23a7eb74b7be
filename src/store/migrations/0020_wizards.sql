-- SPDX-License-Identifier: Apache-2.0
-- Wizards: who is being asked, at which step, what they answered.
CREATE TABLE wizard (
    id TEXT NOT NULL PRIMARY KEY,   -- "w" and 32 hex digits
    owner TEXT NOT NULL,            -- a person's id
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    title TEXT NOT NULL,
    state TEXT NOT NULL,            -- asking, deploying, deployed, expired
    step TEXT NOT NULL,             -- the current one
    revision INTEGER NOT NULL,      -- grows with each change of answers or step
    answers BLOB,                   -- sealed JSON; NULL when there are none (any more)
    quote TEXT,                     -- hash of what was agreed to, once it is being deployed
    deployment TEXT,
    created INTEGER NOT NULL,       -- ms since 1970
    expires INTEGER NOT NULL
) STRICT;
CREATE INDEX wizard_by_owner ON wizard (owner, created);
CREATE INDEX wizard_by_expiry ON wizard (expires);
