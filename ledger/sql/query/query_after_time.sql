-- SPDX-License-Identifier: Apache-2.0
AND (e.event_ms, e.idx, e.pos) @op (@ms, @index, @pos)
