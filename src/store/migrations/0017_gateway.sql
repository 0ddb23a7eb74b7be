-- SPDX-License-Identifier: Apache-2.0
-- Which host leads to which deployment, written by gateway/ alone. Hosts are in lower case, times in
-- milliseconds. That a host has one owner is what UNIQUE says here, and nothing else.

-- The http ports of deployments; `part` is '' for the main one, `port` 0 while it does not run.
CREATE TABLE gateway_route (
    deployment TEXT NOT NULL,
    part TEXT NOT NULL,
    owner TEXT NOT NULL,
    host TEXT NOT NULL UNIQUE,
    address TEXT NOT NULL,
    port INTEGER NOT NULL,
    login INTEGER NOT NULL,
    PRIMARY KEY (deployment, part)
) STRICT;

-- Domains of their owners. Anybody may claim one; who proves it has it.
CREATE TABLE gateway_domain (
    host TEXT NOT NULL,
    deployment TEXT NOT NULL,
    owner TEXT NOT NULL,
    token TEXT NOT NULL,
    proven INTEGER NOT NULL,
    reason TEXT NOT NULL,
    created INTEGER NOT NULL,
    PRIMARY KEY (host, deployment)
) STRICT;
CREATE UNIQUE INDEX gateway_domain_proven ON gateway_domain (host) WHERE proven = 1;
CREATE INDEX gateway_domain_of ON gateway_domain (deployment, created, host);

-- Who may pass the login of a deployment beside its owner: names as people log in.
CREATE TABLE gateway_guest (
    deployment TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (deployment, name)
) STRICT;
