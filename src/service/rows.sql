-- SPDX-License-Identifier: Apache-2.0

-- name: service_insert
INSERT INTO service (id, owner, name, package, version, title, size, pool, env, cluster, answers,
                     secrets, import, created, step, mode, ends, entered)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18);

-- name: service_update
UPDATE service SET step = ?1, mode = ?2, version = ?3, old_version = ?4, size = ?5, old_size = ?6,
                   generation = ?7, old_generation = ?8, proven = ?9, health = ?10, reason = ?11,
                   entered = ?12, due = ?13, gone = ?14,
                   wish = CASE WHEN wish = ?15 THEN 0 ELSE wish END
WHERE id = ?16;

-- name: service_wish
UPDATE service SET wish = ?1, wish_arg = ?2 WHERE id = ?3 AND gone = 0;

-- name: service_ends
UPDATE service SET ends = ?1 WHERE id = ?2 AND gone = 0;

-- name: service_tell
UPDATE service SET told = 1 WHERE id = ?1 AND told = 0;

-- name: service_get
SELECT id, owner, name, package, version, title, size, pool, env, cluster, import, created, step,
       mode, wish, wish_arg, generation, old_generation, old_version, old_size, proven, told,
       health, reason, ends, entered, due, gone, seen
FROM service WHERE id = ?1;

-- name: service_of_owner
SELECT id, owner, name, package, version, title, size, pool, env, cluster, import, created, step,
       mode, wish, wish_arg, generation, old_generation, old_version, old_size, proven, told,
       health, reason, ends, entered, due, gone, seen
FROM service WHERE owner = ?1 AND gone = 0 ORDER BY created DESC, id LIMIT 10000;

-- name: service_all
SELECT id, owner, name, package, version, title, size, pool, env, cluster, import, created, step,
       mode, wish, wish_arg, generation, old_generation, old_version, old_size, proven, told,
       health, reason, ends, entered, due, gone, seen
FROM service WHERE gone = 0 ORDER BY created DESC, id LIMIT 10000;

-- name: service_sealed
SELECT answers, secrets FROM service WHERE id = ?1;

-- name: service_set_removed
UPDATE service SET removed = ?1 WHERE id = ?2;

-- name: service_removed
SELECT removed FROM service WHERE id = ?1;

-- name: service_count_owner
SELECT count(*) AS n FROM service WHERE owner = ?1 AND gone = 0;

-- name: service_count_package
SELECT count(*) AS n FROM service WHERE package = ?1 AND gone = 0;

-- name: service_count_both
SELECT count(*) AS n FROM service WHERE package = ?1 AND owner = ?2 AND gone = 0;

-- name: service_count_others
SELECT count(*) AS n FROM service
WHERE owner = ?1 AND cluster = ?2 AND gone = 0 AND id <> ?3 AND step <> ?4;

-- name: service_by_name
SELECT id FROM service WHERE owner = ?1 AND name = ?2 AND gone = 0;

-- name: service_purge
DELETE FROM service WHERE gone > 0 AND gone < ?1;

-- name: service_event_insert
INSERT INTO service_event (id, at, state, step, reason) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: service_event_trim
DELETE FROM service_event WHERE id = ?1 AND seq <=
    (SELECT seq FROM service_event WHERE id = ?1 ORDER BY seq DESC LIMIT 1 OFFSET 200);

-- name: service_event_list
SELECT at, state, step, reason FROM service_event WHERE id = ?1 ORDER BY seq LIMIT 200;

-- name: service_network_get
SELECT number FROM service_network WHERE cluster = ?1 AND owner = ?2 AND open = ?3;

-- name: service_network_insert
INSERT INTO service_network (cluster, owner, open, number) VALUES (?1, ?2, ?3, ?4)
ON CONFLICT DO NOTHING;

-- name: service_network_move
UPDATE service_network SET number = ?1 WHERE cluster = ?2 AND owner = ?3 AND open = ?4;

-- name: service_network_delete
DELETE FROM service_network WHERE cluster = ?1 AND owner = ?2 AND open = ?3;

-- name: service_port_get
SELECT port FROM service_port WHERE id = ?1 AND container = ?2 AND name = ?3;

-- name: service_port_taken
SELECT port FROM service_port WHERE address = ?1 AND protocol = ?2 ORDER BY port;

-- name: service_port_insert
INSERT INTO service_port (address, protocol, port, id, container, name)
VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: service_port_delete
DELETE FROM service_port WHERE id = ?1 AND container = ?2 AND name = ?3;

-- name: service_port_free
DELETE FROM service_port WHERE id = ?1;

-- name: service_port_list
SELECT name, container, address, port, protocol FROM service_port WHERE id = ?1 ORDER BY port;

-- name: service_sample_add
INSERT INTO service_sample (id, range, slot, at, count, cpu, memory, disk, rx, tx)
VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9)
ON CONFLICT (id, range, slot) DO UPDATE SET
    count = CASE WHEN service_sample.at = excluded.at THEN service_sample.count + 1 ELSE 1 END,
    cpu = CASE WHEN service_sample.at = excluded.at THEN service_sample.cpu ELSE 0 END
          + excluded.cpu,
    memory = CASE WHEN service_sample.at = excluded.at THEN service_sample.memory ELSE 0 END
             + excluded.memory,
    disk = CASE WHEN service_sample.at = excluded.at THEN service_sample.disk ELSE 0 END
           + excluded.disk,
    rx = CASE WHEN service_sample.at = excluded.at THEN service_sample.rx ELSE 0 END + excluded.rx,
    tx = CASE WHEN service_sample.at = excluded.at THEN service_sample.tx ELSE 0 END + excluded.tx,
    at = excluded.at;

-- name: service_seen
UPDATE service SET seen = ?1 WHERE id = ?2;

-- name: service_sample_list
SELECT at, count, cpu, memory, disk, rx, tx FROM service_sample
WHERE id = ?1 AND range = ?2 AND at >= ?3 ORDER BY at;
