-- Sends prebuilt requests, one body a line of the file that is named first; the second argument is the bearer key.
-- Each of wrk's threads begins at another body. At the end one line of JSON for the caller.

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

function init(args)
    local headers = { ["Content-Type"] = "application/json" }
    if args[2] then headers["Authorization"] = "Bearer " .. args[2] end
    requests = {}
    for body in io.lines(args[1]) do
        requests[#requests + 1] = wrk.format("POST", nil, headers, body)
    end
    at = math.floor(number * #requests / 2)
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        '\nRESULT {"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,' ..
        '"not_success":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
