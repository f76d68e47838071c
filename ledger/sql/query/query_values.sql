-- SPDX-License-Identifier: Apache-2.0
-- Distinct words or places that events have, 0017.
SELECT v FROM event_values_@column ($1, @org, @after, @below, @limit) v
