-- SPDX-License-Identifier: Apache-2.0
-- Compute jobs. Times are milliseconds, amounts decimal text in base units, JSON is text.

CREATE TABLE job (
    job_id TEXT NOT NULL PRIMARY KEY,
    cluster TEXT NOT NULL,
    environment TEXT NOT NULL,
    owner TEXT NOT NULL,
    owner_key TEXT NOT NULL,
    is_free INTEGER NOT NULL,
    created INTEGER NOT NULL,
    max_duration INTEGER NOT NULL,
    queue_wait INTEGER NOT NULL,
    -- what was agreed on: resources, prices, limits of the environment at that time
    terms TEXT NOT NULL,
    -- inputs and algorithm, as the node wants them back to open them
    request TEXT NOT NULL,
    input_dids TEXT,
    algorithm_did TEXT,
    metadata TEXT,
    viewers TEXT,
    chain INTEGER,
    token TEXT,
    amount TEXT,
    -- what changes from here on
    stop_requested INTEGER NOT NULL,
    step INTEGER NOT NULL,
    status INTEGER NOT NULL,
    status_name TEXT NOT NULL,
    reason TEXT,
    finished INTEGER,
    started INTEGER,
    stopped INTEGER,
    exit_code INTEGER,
    oom_killed INTEGER,
    registry_auth TEXT,
    image TEXT,
    image_digest TEXT,
    container TEXT,
    output_hash TEXT,
    lock_tx TEXT,
    claim_tx TEXT,
    cancel_tx TEXT,
    cost TEXT,
    expires INTEGER
) STRICT;
CREATE INDEX job_by_owner ON job (owner_key, created);
CREATE INDEX job_by_created ON job (created);
CREATE INDEX job_by_lock ON job (lock_tx);
CREATE INDEX job_by_step ON job (step);
CREATE INDEX job_by_expiry ON job (expires);

-- Every state that a job entered.
CREATE TABLE job_event (
    seq INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES job (job_id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    status INTEGER NOT NULL,
    status_name TEXT NOT NULL,
    reason TEXT
) STRICT;
CREATE INDEX job_event_by_job ON job_event (job_id);
