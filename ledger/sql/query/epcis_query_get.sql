-- SPDX-License-Identifier: Apache-2.0
SELECT query FROM epcis_query WHERE log_id = $1 AND owner = $2 AND name = $3
