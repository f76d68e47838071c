-- SPDX-License-Identifier: Apache-2.0
COPY entry (log_id, idx, leaf, chain, entry) FROM STDIN (FORMAT binary)
