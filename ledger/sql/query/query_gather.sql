-- SPDX-License-Identifier: Apache-2.0
-- All events that match, and then the page of them: for conditions that few
-- events meet. OFFSET 0 keeps the planner from hoping that they come soon.
SELECT e.event_ms, e.idx, e.pos FROM (
