-- SPDX-License-Identifier: Apache-2.0
-- Where the next events in the order of their time stand: between which
-- indexes, and up to which time.
SELECT events, first, below, first_ms, last_ms
FROM event_stretch($1, @first, @below, @ms, @window, @down)
