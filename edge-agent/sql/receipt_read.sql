-- SPDX-License-Identifier: Apache-2.0
SELECT bytes FROM receipt WHERE kind = ?1;
