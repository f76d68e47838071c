-- SPDX-License-Identifier: Apache-2.0
COPY event_quantity (log_id, quantity, uom, idx, pos, role)
FROM STDIN (FORMAT binary)
