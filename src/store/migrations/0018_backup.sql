-- SPDX-License-Identifier: Apache-2.0
-- backup/: where backups go, whose key opens them, what is backed up when, and how it went.

CREATE TABLE backup_server (
    name TEXT NOT NULL PRIMARY KEY,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    login TEXT NOT NULL,
    path TEXT NOT NULL,
    host_key TEXT NOT NULL,  -- type and base64, as in a known_hosts file
    created INTEGER NOT NULL,
    checked INTEGER,         -- when it was last asked
    last_ok INTEGER,         -- when that last went well
    error TEXT               -- why it did not, NULL when it did
) STRICT, WITHOUT ROWID;

-- The restic password of an owner's repositories, sealed for the node's key (ECIES).
CREATE TABLE backup_key (
    owner TEXT NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE backup_plan (
    deployment TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    schedule TEXT,           -- cron; '' only by hand; NULL the node's default
    retention TEXT,          -- "daily=7 ..."; NULL the node's default
    next_at INTEGER,         -- NULL: not by itself
    gone INTEGER NOT NULL DEFAULT 0 -- 1 the deployment is no more, 2 and its backups are to go
) STRICT, WITHOUT ROWID;
CREATE INDEX backup_plan_next ON backup_plan (next_at);
CREATE INDEX backup_plan_owner ON backup_plan (owner);

-- A deployment's repository on a server.
CREATE TABLE backup_target (
    deployment TEXT NOT NULL,
    server TEXT NOT NULL,
    last_at INTEGER,         -- of the last try
    last_ok INTEGER,         -- of the last complete snapshot
    error TEXT,              -- of the last try, NULL when it went well
    checked INTEGER NOT NULL DEFAULT 0, -- last `restic check`
    tested INTEGER NOT NULL DEFAULT 0,  -- last restore test
    pruned INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (deployment, server)
) STRICT, WITHOUT ROWID;

-- What is there, as the repositories last said.
CREATE TABLE backup_snapshot (
    deployment TEXT NOT NULL,
    server TEXT NOT NULL,
    id TEXT NOT NULL,        -- the same on all servers
    at INTEGER NOT NULL,
    size INTEGER NOT NULL,
    manifest TEXT NOT NULL,  -- restic's id of it
    bad INTEGER NOT NULL DEFAULT 0, -- a restore test failed
    PRIMARY KEY (deployment, server, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE backup_alert (
    deployment TEXT NOT NULL,
    server TEXT NOT NULL,    -- '' when it is not about one
    kind TEXT NOT NULL,      -- backup, check, test, restore, server
    at INTEGER NOT NULL,     -- when it began
    last_at INTEGER NOT NULL,
    count INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (deployment, server, kind)
) STRICT, WITHOUT ROWID;

-- Deployments that come from another node's repository.
CREATE TABLE backup_import (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    server TEXT NOT NULL,
    repository TEXT NOT NULL,
    snapshot TEXT NOT NULL,
    sealed BLOB NOT NULL,    -- the key there
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
