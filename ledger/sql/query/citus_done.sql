-- SPDX-License-Identifier: Apache-2.0
-- Whether the logs of this database are distributed.
SELECT EXISTS (SELECT FROM pg_dist_partition
	WHERE logicalrelid = to_regclass('public.log_head'))
