-- SPDX-License-Identifier: Apache-2.0
SELECT hash FROM statement WHERE seq = ?1;
