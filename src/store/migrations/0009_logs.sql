-- SPDX-License-Identifier: Apache-2.0
-- Log lines (LOG_DB). at: wall clock in ms; level: 0 error .. 6 silly; module: ocean-node's name
-- for the part of the program.

CREATE TABLE log_line (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    level INTEGER NOT NULL,
    module TEXT NOT NULL,
    part TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT;
CREATE INDEX log_line_by_time ON log_line (at, id);

-- What an administrator asked the indexer for: a transaction (tx) or a chain from a block on.
CREATE TABLE index_job (
    id TEXT NOT NULL PRIMARY KEY,
    command TEXT NOT NULL,
    at INTEGER NOT NULL,
    chain INTEGER NOT NULL,
    tx TEXT,
    block INTEGER,
    status TEXT NOT NULL CHECK (status IN ('PENDING', 'SUCCESS', 'FAILURE')),
    hash TEXT NOT NULL
) STRICT;
CREATE INDEX index_job_open ON index_job (chain, tx) WHERE status = 'PENDING';
