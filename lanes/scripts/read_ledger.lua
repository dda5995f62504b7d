-- needs: base, checks, common, lane_checks
-- Read everything that `relay status` shows, at one instant, so that the ledger balances under load.
-- ARGV[2]: {connections, inputs} that the configuration names; connections that only Redis knows are added.
local ask = cmsgpack.unpack(ARGV[2])

local function hash(key)
  local fields, flat = {}, redis.call('HGETALL', key)
  for i = 1, #flat, 2 do fields[flat[i]] = flat[i + 1] end
  return fields
end

local function count_waiting(lane)
  local events, chunks = 0, redis.call('LLEN', sizes_key(lane))
  for from = 0, chunks - 1, PAGE do
    for _, entry in ipairs(redis.call('LRANGE', sizes_key(lane), from, from + PAGE - 1)) do
      events = events + tonumber(string.match(entry, '^%d+'))
    end
  end
  return events, chunks
end

local function read_lane(lane)
  local first = redis.call('LINDEX', lane_key(lane), 0)
  if not first then return nil end
  local events, sizes = count_waiting(lane)
  local meta = hash(meta_key(lane))
  return {
    name = lane, events = events, chunks = redis.call('LLEN', lane_key(lane)), sizes = sizes,
    oldest_ms = struct.unpack('>I8', first, 7), due_ms = tonumber(redis.call('ZSCORE', 'lanes:due', lane) or 0),
    attempts = tonumber(meta.attempts or 0), last_error = meta.last_error or '',
  }
end

local names, known = {}, {}
local function add(name)
  if not known[name] then
    known[name] = true
    names[#names + 1] = name
  end
end
for _, name in ipairs(ask.connections) do add(name) end
local seen = redis.call('SMEMBERS', 'lanes:connections')
table.sort(seen)
for _, name in ipairs(seen) do add(name) end

local result = {now_ms = now, connections = {}, inputs = {}}
for i, name in ipairs(names) do
  local lanes = {}
  for n = 0, LANES - 1 do
    local lane = read_lane(name .. ':' .. n)
    if lane then lanes[#lanes + 1] = lane end
  end
  result.connections[i] = {
    name = name, counts = hash('ledger:' .. name), status = hash('connection:' .. name), lanes = lanes,
    dead_letters = redis.call('HLEN', 'dead_letters:' .. name), labels = hash('dead_letters:' .. name .. ':counts'),
    measures = hash('measures:' .. name),
  }
end
for i, id in ipairs(ask.inputs) do result.inputs[i] = {id = id, counts = hash('ledger:input:' .. id)} end
return cmsgpack.pack(result)
