-- SPDX-License-Identifier: Apache-2.0
DELETE FROM device_entry WHERE log_id = $1
