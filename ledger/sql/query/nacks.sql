-- SPDX-License-Identifier: Apache-2.0
SELECT device, epoch, number, seq, code, detail FROM nack
WHERE log_id = $1 ORDER BY device, epoch, number
