-- SPDX-License-Identifier: Apache-2.0
AND e.declares <> 0
