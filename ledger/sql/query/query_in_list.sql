-- SPDX-License-Identifier: Apache-2.0
-- The same as query_in.sql, and not joined: a list made once, in which the
-- events of a short stretch are looked up.
AND NOT (e.idx, e.pos) NOT IN
