-- SPDX-License-Identifier: Apache-2.0
SELECT bytes FROM statement WHERE seq = ?1;
