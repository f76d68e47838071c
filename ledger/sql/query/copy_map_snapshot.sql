-- SPDX-License-Identifier: Apache-2.0
COPY map_snapshot (log_id, covered, part, bytes) FROM STDIN (FORMAT binary)
