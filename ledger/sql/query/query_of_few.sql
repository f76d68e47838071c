-- SPDX-License-Identifier: Apache-2.0
-- The entries that an organisation may read, when they are few.
AND e.idx = ANY (@entries)
