-- SPDX-License-Identifier: Apache-2.0
SELECT place, moves FROM home WHERE one = 1;
