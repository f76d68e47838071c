-- SPDX-License-Identifier: Apache-2.0
SELECT count(*), coalesce(min(seq), 0), coalesce(max(seq), 0) FROM statement;
