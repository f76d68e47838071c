-- SPDX-License-Identifier: Apache-2.0
DELETE FROM capture_event WHERE log_id = $1 AND job = $2
