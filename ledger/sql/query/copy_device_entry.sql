-- SPDX-License-Identifier: Apache-2.0
COPY device_entry (log_id, device, epoch, seq, idx, hash)
FROM STDIN (FORMAT binary)
