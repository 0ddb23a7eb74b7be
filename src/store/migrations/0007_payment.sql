-- SPDX-License-Identifier: Apache-2.0
-- Payments of jobs, written by escrow/ alone. Amounts are base units in decimal text, times
-- milliseconds; `expiry` is the contract's (seconds).

CREATE TABLE payment (
    job_id TEXT NOT NULL PRIMARY KEY,
    lock_id TEXT NOT NULL UNIQUE,
    chain INTEGER NOT NULL,
    token TEXT NOT NULL,
    payer TEXT NOT NULL,
    amount TEXT NOT NULL,
    seconds INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('intent', 'sent', 'locked', 'failed', 'claiming',
                                         'claimed', 'released', 'canceled')),
    claim TEXT,
    proof BLOB,
    claimed TEXT,
    expiry INTEGER NOT NULL DEFAULT 0,
    lock_tx TEXT NOT NULL DEFAULT '',
    lock_block INTEGER NOT NULL DEFAULT 0,
    claim_tx TEXT NOT NULL DEFAULT '',
    cancel_tx TEXT NOT NULL DEFAULT '',
    why TEXT NOT NULL DEFAULT '',
    created INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;
CREATE INDEX payment_by_state ON payment (state, expiry);

-- What happened to each payment, in order.
CREATE TABLE payment_event (
    id INTEGER PRIMARY KEY,
    job_id TEXT NOT NULL REFERENCES payment (job_id),
    state TEXT NOT NULL,
    detail TEXT NOT NULL,
    time INTEGER NOT NULL
) STRICT;
CREATE INDEX payment_event_by_job ON payment_event (job_id, id);
