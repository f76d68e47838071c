-- SPDX-License-Identifier: Apache-2.0
INSERT INTO receipt (kind, bytes) VALUES (?1, ?2)
ON CONFLICT (kind) DO UPDATE SET bytes = excluded.bytes;
