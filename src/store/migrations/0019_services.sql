-- SPDX-License-Identifier: Apache-2.0
-- Deployments: what an owner runs, what it holds of the machine, what happened to it.

CREATE TABLE service (
    id TEXT NOT NULL PRIMARY KEY, -- 32 hex digits; the first eight are in names of the engine
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    title TEXT NOT NULL,
    size TEXT NOT NULL,
    pool TEXT NOT NULL,
    env TEXT NOT NULL,
    cluster TEXT NOT NULL,
    answers TEXT NOT NULL, -- sealed, like the next one
    secrets TEXT NOT NULL,
    import TEXT,           -- what its volumes are filled from
    created INTEGER NOT NULL,
    step INTEGER NOT NULL,
    mode INTEGER NOT NULL,
    wish INTEGER NOT NULL DEFAULT 0,
    wish_arg TEXT NOT NULL DEFAULT '',
    generation INTEGER NOT NULL DEFAULT 0, -- of its volumes
    old_generation INTEGER NOT NULL DEFAULT 0,
    old_version TEXT NOT NULL DEFAULT '',
    old_size TEXT NOT NULL DEFAULT '',
    proven INTEGER NOT NULL DEFAULT 0, -- it has been healthy once
    told INTEGER NOT NULL DEFAULT 0,   -- the credentials have been shown
    health TEXT NOT NULL DEFAULT 'none',
    reason TEXT NOT NULL DEFAULT '',
    ends INTEGER NOT NULL DEFAULT 0,
    entered INTEGER NOT NULL, -- when the step began
    due INTEGER NOT NULL DEFAULT 0,
    gone INTEGER NOT NULL DEFAULT 0 -- when it was deleted
) STRICT;
CREATE UNIQUE INDEX service_name ON service (owner, name) WHERE gone = 0;
CREATE UNIQUE INDEX service_short ON service (substr(id, 1, 8));
CREATE INDEX service_package ON service (package, owner) WHERE gone = 0;
CREATE INDEX service_gone ON service (gone) WHERE gone > 0;

CREATE TABLE service_event (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL REFERENCES service (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    step TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;
CREATE INDEX service_event_by_id ON service_event (id, seq);

-- One private network for each owner and engine; its number decides bridge and subnet.
CREATE TABLE service_network (
    cluster TEXT NOT NULL,
    owner TEXT NOT NULL,
    open INTEGER NOT NULL, -- whether its containers may reach the world
    number INTEGER NOT NULL,
    PRIMARY KEY (cluster, owner, open),
    UNIQUE (cluster, number)
) STRICT;

-- Ports of the host that lead to a container.
CREATE TABLE service_port (
    address TEXT NOT NULL,
    protocol TEXT NOT NULL,
    port INTEGER NOT NULL,
    id TEXT NOT NULL REFERENCES service (id) ON DELETE CASCADE,
    container TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (address, protocol, port)
) STRICT;
CREATE UNIQUE INDEX service_port_of ON service_port (id, container, name);

-- Charts: rings of a fixed number of slots for each range (hour, day, week).
CREATE TABLE service_sample (
    id TEXT NOT NULL REFERENCES service (id) ON DELETE CASCADE,
    range INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    at INTEGER NOT NULL, -- begin of the slot's time
    count INTEGER NOT NULL,
    cpu INTEGER NOT NULL, -- sums over the samples: thousandths of a percent of a core
    memory INTEGER NOT NULL,
    disk INTEGER NOT NULL,
    rx INTEGER NOT NULL,
    tx INTEGER NOT NULL,
    PRIMARY KEY (id, range, slot)
) STRICT;
