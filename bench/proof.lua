-- SPDX-License-Identifier: Apache-2.0
-- wrk: asks for the proof bundle of one code of the file CODES after another,
-- with TOKEN.
local codes, at = {}, 0
function init(args)
	for line in io.lines(args[1]) do codes[#codes + 1] = line end
	wrk.headers["Authorization"] = "Bearer " .. args[2]
end
function request()
	at = at % #codes + 1
	return wrk.format("GET", "/v1/items/" .. codes[at] .. "/proof")
end
function done(summary, latency)
	local e = summary.errors
	io.write(string.format('{"answers":%d,"seconds":%.3f,"rate_per_s":%.0f,"p50_ms":%.2f,"p99_ms":%.2f,"bytes":%.0f,"errors":%d}\n',
		summary.requests, summary.duration / 1e6, summary.requests * 1e6 / summary.duration,
		latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, summary.bytes / summary.requests,
		e.connect + e.read + e.write + e.status + e.timeout))
end
