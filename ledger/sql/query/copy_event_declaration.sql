-- SPDX-License-Identifier: Apache-2.0
COPY event_declaration (log_id, time_ms, idx, pos)
FROM STDIN (FORMAT binary)
