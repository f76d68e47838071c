-- SPDX-License-Identifier: Apache-2.0
EXPLAIN (ANALYZE, BUFFERS)
