-- SPDX-License-Identifier: Apache-2.0
-- Search: values as they are shown, names of tokens among the words, indexes for every filter.

ALTER TABLE asset_term ADD COLUMN shown TEXT; -- NULL: as in value

CREATE INDEX asset_by_nft ON asset (nft);
CREATE INDEX asset_by_tx ON asset (tx);
CREATE INDEX asset_by_state ON asset (state);

-- The tags of an asset in one row, in lower case, a line each: counted over many assets, that is
-- several times faster than a row for each.
CREATE TABLE asset_tags (
    id INTEGER PRIMARY KEY REFERENCES asset (id) ON DELETE CASCADE,
    tags TEXT NOT NULL
) STRICT;

ALTER TABLE asset_text ADD COLUMN token TEXT NOT NULL DEFAULT '';
-- sqlite:
UPDATE asset_text SET token = COALESCE((SELECT group_concat(value, ' ') FROM asset_term
    WHERE asset = asset_text.id AND field IN (25, 26, 30, 31)), '');
INSERT OR IGNORE INTO asset_term (field, value, asset, shown)
SELECT 45, lower(url), id, NULLIF(url, lower(url)) FROM (
    SELECT id, COALESCE(
        json_extract(document, '$.metadata.additionalInformation.saas.redirectUrl'),
        json_extract(document, '$.credentialSubject.metadata.additionalInformation.saas.redirectUrl')
    ) AS url FROM asset_document) WHERE typeof(url) = 'text' AND length(url) <= 512;
INSERT INTO asset_tags (id, tags)
SELECT asset, group_concat(value, char(10)) FROM asset_term WHERE field = 9 GROUP BY asset;
DROP TABLE asset_search;
CREATE VIRTUAL TABLE asset_search USING fts5 (
    name, description, tags, author, token,
    content = 'asset_text', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2'
);
INSERT INTO asset_search (asset_search) VALUES ('rebuild');
-- end
