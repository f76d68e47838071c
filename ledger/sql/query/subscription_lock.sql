-- SPDX-License-Identifier: Apache-2.0
SELECT pg_try_advisory_lock(17232, $1::int)
