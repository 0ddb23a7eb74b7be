-- SPDX-License-Identifier: Apache-2.0
-- Services on demand: deployments of an image that their owner names in the request itself.

-- What it says of one: who asked (the wallet that pays), with which token, for how long. What is
-- run is in the specs; `version` of table service is the number of the one that counts.
CREATE TABLE service_demand (
    id TEXT NOT NULL PRIMARY KEY REFERENCES service (id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    created INTEGER NOT NULL,
    consumer TEXT NOT NULL, -- as clients see it
    chain INTEGER NOT NULL,
    token TEXT NOT NULL,
    duration INTEGER NOT NULL -- seconds asked for, extensions included
) STRICT;
CREATE INDEX service_demand_of_owner ON service_demand (owner, created);
CREATE TABLE service_demand_spec (
    id TEXT NOT NULL REFERENCES service_demand (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    spec TEXT NOT NULL, -- sealed: it holds the variables of the container
    PRIMARY KEY (id, number)
) STRICT;

-- A prepaid meter pays for all of its time in one lock, and for more of it as soon as it is asked.
ALTER TABLE pool_meter ADD COLUMN prepaid INTEGER NOT NULL DEFAULT 0;
