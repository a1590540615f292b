-- A script for wrk: requests random paths from a list. The environment variable TILES names the file
-- of the list, which has one path a line.
-- Prints the line "responses failures seconds p50_us p99_us".
local paths = {}
for path in io.lines(os.getenv("TILES")) do paths[#paths + 1] = path end

local threads = {}
function setup(thread) threads[#threads + 1] = thread end

local requests = {}
function init()
    failed = 0
    for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path) end
end

function request() return requests[math.random(#requests)] end

function response(status) if status ~= 200 then failed = failed + 1 end end

function done(summary, latency)
    local errors = summary.errors
    local failures = errors.connect + errors.read + errors.write + errors.timeout
    for _, thread in ipairs(threads) do failures = failures + thread:get("failed") end
    print(string.format("%d %d %.6f %.0f %.0f", summary.requests, failures, summary.duration / 1e6,
        latency:percentile(50), latency:percentile(99)))
end
