-- SPDX-License-Identifier: Apache-2.0
PRAGMA incremental_vacuum;
