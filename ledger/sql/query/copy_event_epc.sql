-- SPDX-License-Identifier: Apache-2.0
COPY event_epc (log_id, epc, idx, pos, role) FROM STDIN (FORMAT binary)
