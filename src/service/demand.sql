-- SPDX-License-Identifier: Apache-2.0

-- name: demand_insert
INSERT INTO service_demand (id, owner, created, consumer, chain, token, duration)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: demand_get
SELECT consumer, chain, token, duration FROM service_demand WHERE id = ?1;

-- name: demand_duration
UPDATE service_demand SET duration = ?2 WHERE id = ?1;

-- name: demand_spec_insert
INSERT INTO service_demand_spec (id, number, spec) VALUES (?1, ?2, ?3);

-- name: demand_spec_get
SELECT spec FROM service_demand_spec WHERE id = ?1 AND number = ?2;

-- name: demand_spec_last
SELECT number FROM service_demand_spec WHERE id = ?1 ORDER BY number DESC LIMIT 1;

-- name: demand_spec_forget
DELETE FROM service_demand_spec WHERE id = ?1 AND number < ?2 AND number <> ?3;

-- name: demand_of_owner
SELECT id FROM service_demand WHERE owner = ?1 ORDER BY created DESC, id LIMIT 1000;

-- name: demand_all
SELECT id FROM service_demand ORDER BY created DESC, id LIMIT 1000;
