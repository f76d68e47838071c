-- SPDX-License-Identifier: Apache-2.0
COPY event_ilmd (log_id, name, value, idx, pos, depth, kind,
	number)
FROM STDIN (FORMAT binary)
