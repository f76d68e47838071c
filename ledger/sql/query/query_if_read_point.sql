-- SPDX-License-Identifier: Apache-2.0
AND e.read_point = @value
