-- SPDX-License-Identifier: Apache-2.0
DELETE FROM statement WHERE seq <= ?1;
