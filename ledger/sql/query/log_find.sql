-- SPDX-License-Identifier: Apache-2.0
-- And whether the session's settings have to be told to other nodes.
SELECT log_id, origin, EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')
FROM log WHERE name = $1
