-- SPDX-License-Identifier: Apache-2.0
-- What is left when something ends: time that is not charged, and backups of what was deleted.

-- Time of a period in which nothing ran through no fault of its owner.
ALTER TABLE pool_period ADD COLUMN idle INTEGER NOT NULL DEFAULT 0;      -- ms
ALTER TABLE pool_period ADD COLUMN idle_from INTEGER NOT NULL DEFAULT 0; -- since when; 0: it runs
ALTER TABLE service ADD COLUMN seen INTEGER NOT NULL DEFAULT 0; -- when all of it was seen to run

ALTER TABLE backup_plan ADD COLUMN name TEXT NOT NULL DEFAULT '';       -- of what is gone
ALTER TABLE backup_plan ADD COLUMN gone_at INTEGER NOT NULL DEFAULT 0;  -- ms
