-- SPDX-License-Identifier: Apache-2.0
-- Repositories of images that only their own login opens. What the engine has kept of them is not
-- for other people's jobs.
CREATE TABLE private_image (
    repository TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
