-- SPDX-License-Identifier: Apache-2.0
AND e.event_ms @within @edge
