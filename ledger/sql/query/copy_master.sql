-- SPDX-License-Identifier: Apache-2.0
COPY master (log_id, idx, nr, org, type, id, name, value)
FROM STDIN (FORMAT binary)
