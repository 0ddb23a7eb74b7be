-- SPDX-License-Identifier: Apache-2.0

-- name: private_image_add
INSERT INTO private_image (repository) VALUES (?1) ON CONFLICT (repository) DO NOTHING;

-- name: private_image_find
SELECT repository FROM private_image WHERE repository = ?1;
