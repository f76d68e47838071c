-- SPDX-License-Identifier: Apache-2.0
COPY epoch (log_id, idx, covered, time_ms, map_root, keys, previous)
FROM STDIN (FORMAT binary)
