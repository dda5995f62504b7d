-- needs: base, checks, common, lane_checks, dead_letters, claims
-- Ends one step of a lease: trims what is finished, puts back what is not, keeps letters and counts, says when next.
-- Returns {'lost'}, {'released', events the group still holds}, or, when the job goes on, what `grant` returns.
-- ARGV[2]: lane; ARGV[3]: settlement, see lanes/settlement.py; ARGV[4]: the next claim's terms, or empty
-- ARGV[5...]: the leftovers, then the letters in the order of `letters`: {id, label, the place in `shared` of what it
-- shares or 0}; then what letters share, in the order of `shared`: ids
local lane, done = check_lane(ARGV[2], 'lane'), cmsgpack.unpack(ARGV[3])
local next_claim = ARGV[4] ~= '' and check_claim(cmsgpack.unpack(ARGV[4]))
local meta, group_name = meta_key(lane), group_of(lane)
local group, books = 'group:' .. group_name, 'books:' .. group_name

-- Many events refused and none delivered: it is not the events. Rather than bury a day of them, the group pauses.
local function trips_valve(group, done)
  local since = redis.call('HGET', group, 'refused_since')
  since = tonumber(since or 0)
  if since < now - done.valve.window or since > now then
    redis.call('HDEL', group, 'refused', 'refusals')
    redis.call('HSET', group, 'refused_since', now)
  end
  local refused = redis.call('HINCRBY', group, 'refused', done.refused)
  local refusals = redis.call('HINCRBY', group, 'refusals', 1)
  return refused >= done.valve.events and refusals >= done.valve.requests
end

-- A throttled group speaks again slowly: its requests are a second apart, and half as far after each that works.
-- Returns whether it has just recovered.
local function space_requests(group, done)
  local spacing = tonumber(redis.call('HGET', group, 'spacing') or 0)
  if done.throttled then
    spacing = math.max(FIRST_SPACING, math.min(spacing * 2, MOST_SPACING))
  elseif spacing == 0 or done.trouble == nil then
    return false
  elseif done.trouble == false then
    spacing = math.floor(spacing / 2)
  end
  if spacing < LEAST_SPACING then
    redis.call('HDEL', group, 'spacing', 'spaced_until')
    return true
  end
  redis.call('HSET', group, 'spacing', spacing, 'spaced_until', now + spacing)
  return false
end

-- Everything the settlement says, in the shape that Redis takes.
local function check_settlement()
  check_text(done.token, 'token')
  for _, name in ipairs({'head', 'trim', 'leftovers', 'delay', 'posted', 'refused'}) do check_whole(done[name], name) end
  check_counts(done.books, 'books')
  check_counts(done.measures, 'measures')
  check_counts(done.pace, 'pace')
  for day, counts in pairs(done.days) do
    check_whole(day, 'day')
    check_counts(counts, 'days')
  end
  if done.last_error then check_text(done.last_error, 'last_error') end
  check_whole(done.share.share, 'share')
  check_text(done.share.what, 'share.what')
  check_text(done.share.fingerprint, 'share.fingerprint')
  if done.refused > 0 then
    for _, name in ipairs({'events', 'requests', 'window', 'delay'}) do check_whole(done.valve[name], name) end
  end
  for _, rest in ipairs({done.rest or {}, done.valve and done.valve.rest or {}}) do
    for name, value in pairs(rest) do
      if type(value) ~= 'string' and type(value) ~= 'number' then refuse('rest.' .. name) end
    end
  end
end

local leftovers, letters = {}, {}
local function read_blobs()
  for i = 1, done.leftovers do leftovers[i] = check_chunk(ARGV[4 + i], 'leftover') end
  local first, common = 4 + done.leftovers, 4 + done.leftovers + #done.letters
  for i, letter in ipairs(done.letters) do
    local id, label, at = unpack(letter)
    letters[i] = {check_text(id, 'id'), check_text(label, 'label'), '', check_text(ARGV[first + i], 'letter')}
    if at > 0 then letters[i][3], letters[i][5] = check_text(done.shared[at], 'shared'), check_text(ARGV[common + at], 'shared') end
  end
end

check_settlement()
read_blobs()
local token, head = unpack(redis.call('HMGET', meta, 'token', 'head'))
if token ~= done.token or tonumber(head or 0) ~= done.head then return {'lost'} end

local trimmed, freed, kept = 0, 0, 0
if done.trim > 0 then
  for _, entry in ipairs(redis.call('LRANGE', sizes_key(lane), 0, done.trim - 1)) do
    local events, bytes = size_of(entry)
    trimmed, freed = trimmed + events, freed + bytes
  end
end
for _, chunk in ipairs(leftovers) do kept = kept + chunk.events end
local ends = (done.books.delivered or 0) + (done.books.dead or 0) + (done.books.unsupported or 0) + (done.books.withheld or 0)
if trimmed + (done.books.extra or 0) ~= ends + kept or (done.books.dead or 0) ~= #letters then
  return redis.error_reply('UNBALANCED ' .. trimmed .. ' trimmed, ' .. kept .. ' kept, ' .. ends .. ' ended')
end
local held = #letters > 0 and letter_bytes(group_name) or 0

redis.call('LTRIM', lane_key(lane), done.trim, -1)
redis.call('LTRIM', sizes_key(lane), done.trim, -1)
for i = #leftovers, 1, -1 do push(lane, leftovers[i], 'LPUSH') end
raise_counters(group, {events = -trimmed, bytes = -freed})
for _, letter in ipairs(letters) do held = held + keep_letter(group_name, letter) end
if #letters > 0 then set_letter_bytes(group_name, held) end
raise_counters(books, done.books)
for day, counts in pairs(done.days) do raise_day(group_name, day, counts) end
raise_counters('measures:' .. group_name, done.measures)

redis.call('HINCRBY', meta, 'head', 1)
if done.trim > 0 then raise_counters(meta, {left = #leftovers > 0 and done.trim - 1 or done.trim}) end
redis.call('HDEL', meta, 'crashes', 'alone')
for name, value in pairs(done.pace) do
  if value == 0 then redis.call('HDEL', meta, name) else redis.call('HSET', meta, name, value) end
end
if done.posted > 0 then redis.call('HSET', meta, 'posted', done.posted) else redis.call('HDEL', meta, 'posted', 'posted_at') end
if done.last_error then redis.call('HSET', meta, 'last_error', done.last_error) else redis.call('HDEL', meta, 'last_error') end

local delivered = (done.books.delivered or 0) > 0
if delivered then
  redis.call('HSET', group, 'delivered_at', now)
  redis.call('HDEL', group, 'refused', 'refusals', 'refused_since')
end
local tripped = not delivered and done.refused > 0 and trips_valve(group, done)
local recovered = false
if done.trouble == true then redis.call('HSET', group, 'trouble', 1) end
if done.trouble == false then recovered = redis.call('HDEL', group, 'trouble') == 1 end
recovered = space_requests(group, done) or recovered
local by = redis.call('HGET', group, 'by')
if by ~= 'operator' and by ~= 'dead_letters' then
  if tripped then
    done.rest, done.delay = done.valve.rest, done.valve.delay
  end
  if done.rest then
    set_until(group, now + done.delay)
    for name, value in pairs(done.rest) do redis.call('HSET', group, name, value) end
  elseif done.share.share > 0 and held >= done.share.share then
    pause_for_letters(group_name, done.share)
  elseif done.trouble == false and done.probing and (delivered or by ~= 'valve') then
    end_rest(group_name)
  end
end
if recovered then free_lanes(group_name) end

if redis.call('LLEN', lane_key(lane)) == 0 then
  remove_lane(lane)
  redis.call('HDEL', meta, 'token')
  return {'released', tonumber(redis.call('HGET', group, 'events'))}
end
set_due(lane, now + done.delay)
if next_claim and done.delay == 0 and not refused_by_group(lane, next_claim.letters) then return grant(lane, next_claim) end
redis.call('ZREM', 'lanes:held', lane)
redis.call('HDEL', meta, 'token')
return {'released', tonumber(redis.call('HGET', group, 'events'))}
