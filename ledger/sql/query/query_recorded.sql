-- SPDX-License-Identifier: Apache-2.0
-- The last epoch entry earlier than a time: recordTime rises with idx.
SELECT idx FROM epoch WHERE log_id = $1 AND time_ms < $2
ORDER BY time_ms DESC, idx DESC LIMIT 1
