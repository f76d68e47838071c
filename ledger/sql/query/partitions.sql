-- SPDX-License-Identifier: Apache-2.0
SELECT ledger_partitions($1)
