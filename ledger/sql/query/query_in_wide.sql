-- SPDX-License-Identifier: Apache-2.0
-- No bound of an index: the conditions have theirs, which find fewer.
AND e.event_ms + 0 @within @edge
