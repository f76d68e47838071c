-- SPDX-License-Identifier: Apache-2.0
AND e.action = @value
