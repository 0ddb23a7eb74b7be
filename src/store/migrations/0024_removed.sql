-- SPDX-License-Identifier: Apache-2.0
-- What the deletion of a deployment has removed, as JSON; '' while there is none.

ALTER TABLE service ADD COLUMN removed TEXT NOT NULL DEFAULT '';
