-- SPDX-License-Identifier: Apache-2.0
COPY event_ref (log_id, value, kind, type, idx, pos)
FROM STDIN (FORMAT binary)
