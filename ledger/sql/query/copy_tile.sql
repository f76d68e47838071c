-- SPDX-License-Identifier: Apache-2.0
COPY tile (log_id, level, n, root, hashes) FROM STDIN (FORMAT binary)
