-- SPDX-License-Identifier: Apache-2.0
-- As the entries come: the page is full after a few of them.
ORDER BY o.idx @way, e.pos @way LIMIT @limit
