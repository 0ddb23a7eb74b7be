-- SPDX-License-Identifier: Apache-2.0
-- Buckets, written by storage/ alone; their files are in a folder, one for each bucket. The owner
-- is in lower case, `lists` is the access lists as they were given, `created` is in seconds.

CREATE TABLE bucket (
    id TEXT NOT NULL PRIMARY KEY,
    owner TEXT NOT NULL,
    lists TEXT NOT NULL,
    label TEXT,
    created INTEGER NOT NULL
) STRICT;
CREATE INDEX bucket_by_owner ON bucket (owner, created, id);
