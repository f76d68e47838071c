-- SPDX-License-Identifier: Apache-2.0
AND e.block >= @start::bigint AND e.block <= @end::bigint
