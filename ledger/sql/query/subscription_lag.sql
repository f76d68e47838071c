-- SPDX-License-Identifier: Apache-2.0
SELECT coalesce(max($2 - idx), 0)::bigint FROM epcis_subscription
WHERE log_id = $1 AND NOT suspended AND schedule = ''
