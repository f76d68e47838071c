-- SPDX-License-Identifier: Apache-2.0
ORDER BY e.block @way, e.idx @way, e.pos @way LIMIT @limit
