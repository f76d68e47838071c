-- SPDX-License-Identifier: Apache-2.0
-- Distinct identifiers, 0017.
SELECT v FROM event_epcs ($1, @org, @after, @first, @below, @limit) v
