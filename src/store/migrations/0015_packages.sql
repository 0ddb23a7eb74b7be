-- SPDX-License-Identifier: Apache-2.0
-- Packages that can be deployed, with their files, in several versions.

-- state: started, stopped, removed (only what ships with the program is remembered as removed).
CREATE TABLE package (
    name TEXT NOT NULL PRIMARY KEY,
    version TEXT NOT NULL,
    state TEXT NOT NULL,
    builtin INTEGER NOT NULL,
    changed INTEGER NOT NULL
) STRICT;

CREATE TABLE package_version (
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    number INTEGER NOT NULL,
    digest TEXT NOT NULL,
    source TEXT NOT NULL,
    added_by TEXT NOT NULL,
    added INTEGER NOT NULL,
    PRIMARY KEY (package, version)
) STRICT;

CREATE TABLE package_file (
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    path TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (package, version, path)
) STRICT;

-- What an administrator has set in place of a package's own [[servers]]; includes is a JSON list.
CREATE TABLE package_server (
    package TEXT NOT NULL,
    server TEXT NOT NULL,
    domain TEXT NOT NULL,
    email TEXT NOT NULL,
    includes TEXT NOT NULL,
    PRIMARY KEY (package, server)
) STRICT;
