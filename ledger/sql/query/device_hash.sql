-- SPDX-License-Identifier: Apache-2.0
SELECT EXISTS (SELECT FROM device_entry
	WHERE log_id = $1 AND device = $2 AND epoch = $3 AND hash = $4)
