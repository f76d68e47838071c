-- SPDX-License-Identifier: Apache-2.0
ORDER BY e.event_ms @way, e.idx @way, e.pos @way LIMIT @limit
