-- SPDX-License-Identifier: Apache-2.0
SELECT log_id, origin FROM log WHERE name = $1
