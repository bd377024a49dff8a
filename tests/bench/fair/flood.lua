-- Requests as fast as they are answered: METHOD PATH BODY-FILE HEADER-FILE. A line of the header file is NAME:VALUE.
-- "{n}" in a body or a value becomes twelve digits that no other request of the run has. At the end one line of JSON.

local threads = {}

function setup(thread)
    thread:set("number", #threads)
    threads[#threads + 1] = thread
end

local function whole(path)
    local file = assert(io.open(path, "rb"))
    local text = file:read("*a")
    file:close()
    return text
end

function init(args)
    method, path, body, headers = args[1], args[2], whole(args[3]), {}
    for line in io.lines(args[4]) do
        local name, value = line:match("^([^:]+):(.*)$")
        headers[name] = value
    end
    at, counts = number * 100000000000 + (os.time() % 10000000) * 10000, {}
    varies = body:find("{n}", 1, true) ~= nil
    for _, value in pairs(headers) do varies = varies or value:find("{n}", 1, true) ~= nil end
    if body == "" then body = nil end
    if not varies then fixed = wrk.format(method, path, headers, body) end
end

function request()
    if fixed then return fixed end
    at = at + 1
    local digits, filled = string.format("%012d", at), {}
    for name, value in pairs(headers) do filled[name] = value:gsub("{n}", digits) end
    return wrk.format(method, path, filled, body and (body:gsub("{n}", digits)))
end

function response(status)
    counts[status] = (counts[status] or 0) + 1
end

function done(summary)
    local all, parts = {}, {}
    for _, thread in ipairs(threads) do
        for status, count in pairs(thread:get("counts")) do all[status] = (all[status] or 0) + count end
    end
    for status, count in pairs(all) do parts[#parts + 1] = string.format('"%d":%d', status, count) end
    local errors = summary.errors
    io.write(string.format('\nRESULT {%s%s"broken":%d}\n', table.concat(parts, ","), #parts > 0 and "," or "",
        errors.connect + errors.read + errors.write + errors.timeout))
end
