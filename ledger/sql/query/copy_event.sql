-- SPDX-License-Identifier: Apache-2.0
COPY event (log_id, idx, pos, event_ms, declares, type, action, biz_step,
	disposition, read_point, biz_location, event_id, readers)
FROM STDIN (FORMAT binary)
