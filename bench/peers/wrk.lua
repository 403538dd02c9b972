-- Sends the requests of one workload, for many hosts in the order that is given, and
-- prints what came of it as one line of JSON.
local requests = {}
local at = 0

function init(args)
  local body = nil
  if BODY ~= "" then
    local file = assert(io.open(BODY, "rb"))
    body = file:read("*a")
    file:close()
  end
  local known = {}
  for i, host in ipairs(HOSTS) do
    if not known[host] then
      local headers = { ["Host"] = host }
      if TYPE ~= "" then headers["Content-Type"] = TYPE end
      known[host] = wrk.format(METHOD, PATH, headers, body)
    end
    requests[i] = known[host]
  end
  if #requests == 1 then
    local only = requests[1]
    request = function() return only end
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  print(string.format(
    'result {"requests": %d, "us": %d, "failed": %d, "p50": %d, "p99": %d}',
    summary.requests, summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
