-- SPDX-License-Identifier: Apache-2.0
COPY map_journal (log_id, n, keys) FROM STDIN (FORMAT binary)
