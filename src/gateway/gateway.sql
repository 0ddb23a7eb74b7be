-- SPDX-License-Identifier: Apache-2.0

-- name: gateway_route_set
INSERT INTO gateway_route (deployment, part, owner, host, address, port, login)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
ON CONFLICT (deployment, part) DO UPDATE SET owner = excluded.owner, host = excluded.host,
    address = excluded.address, port = excluded.port, login = excluded.login;

-- name: gateway_route_pause
UPDATE gateway_route SET port = 0 WHERE deployment = ?1;

-- name: gateway_route_delete
DELETE FROM gateway_route WHERE deployment = ?1;

-- name: gateway_routes
SELECT deployment, part, owner, host, address, port, login FROM gateway_route ORDER BY host;

-- name: gateway_routes_of
SELECT deployment, part, owner, host, address, port, login FROM gateway_route
WHERE deployment = ?1 ORDER BY part;

-- name: gateway_route_by_host
SELECT deployment, part, owner, host, address, port, login FROM gateway_route WHERE host = ?1;

-- name: gateway_domain_insert
INSERT INTO gateway_domain (host, deployment, owner, token, proven, reason, created)
VALUES (?1, ?2, ?3, ?4, 0, '', ?5) ON CONFLICT (host, deployment) DO NOTHING;

-- name: gateway_domain_token
SELECT token FROM gateway_domain WHERE host = ?1 AND owner = ?2 LIMIT 1;

-- name: gateway_domain_get
SELECT host, deployment, owner, token, proven, reason FROM gateway_domain
WHERE host = ?1 AND deployment = ?2;

-- name: gateway_domain_holder
SELECT host, deployment, owner, token, proven, reason FROM gateway_domain
WHERE host = ?1 AND proven = 1;

-- name: gateway_domains_of
SELECT host, deployment, owner, token, proven, reason FROM gateway_domain
WHERE deployment = ?1 ORDER BY created, host;

-- name: gateway_domains_proven
SELECT host, deployment, owner, token, proven, reason FROM gateway_domain
WHERE proven = 1 ORDER BY host;

-- name: gateway_domain_count
SELECT COUNT(*) AS n FROM gateway_domain WHERE deployment = ?1;

-- name: gateway_domain_judge
UPDATE gateway_domain SET proven = ?3, reason = ?4 WHERE host = ?1 AND deployment = ?2;

-- name: gateway_domain_delete
DELETE FROM gateway_domain WHERE host = ?1 AND deployment = ?2;

-- name: gateway_domains_delete
DELETE FROM gateway_domain WHERE deployment = ?1;

-- name: gateway_guest_insert
INSERT INTO gateway_guest (deployment, name) VALUES (?1, ?2) ON CONFLICT (deployment, name) DO NOTHING;

-- name: gateway_guest_delete
DELETE FROM gateway_guest WHERE deployment = ?1 AND name = ?2;

-- name: gateway_guests_of
SELECT name FROM gateway_guest WHERE deployment = ?1 ORDER BY name;

-- name: gateway_guest_is
SELECT name FROM gateway_guest WHERE deployment = ?1 AND name = ?2;

-- name: gateway_guest_count
SELECT COUNT(*) AS n FROM gateway_guest WHERE deployment = ?1;

-- name: gateway_guests_delete
DELETE FROM gateway_guest WHERE deployment = ?1;
