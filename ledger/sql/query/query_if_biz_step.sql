-- SPDX-License-Identifier: Apache-2.0
AND e.biz_step = @value
