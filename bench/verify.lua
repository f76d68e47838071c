-- SPDX-License-Identifier: Apache-2.0
-- wrk: asks PATH, with one code of the file CODES after another.
local path, codes, at = nil, {}, 0
function init(args)
	path = args[1]
	if args[2] then
		for line in io.lines(args[2]) do codes[#codes + 1] = line end
	end
end
function request()
	if #codes == 0 then return wrk.format("GET", path) end
	at = at % #codes + 1
	return wrk.format("GET", path .. "?code=" .. codes[at])
end
function done(summary, latency)
	local e = summary.errors
	io.write(string.format('{"answers":%d,"seconds":%.3f,"rate_per_s":%.0f,"p50_ms":%.2f,"p99_ms":%.2f,"errors":%d}\n',
		summary.requests, summary.duration / 1e6, summary.requests * 1e6 / summary.duration,
		latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
end
