-- SPDX-License-Identifier: Apache-2.0
SELECT left_out, body FROM capture_job WHERE log_id = $1 AND id = $2
