-- Profiles of users: read, planned and written in two halves, because a script checks everything before its first write.
-- A profile is {v = {name = {value, seen, expires, same}}, o = {answer, seen, expires}, g = {purpose = {answer, seen, expires}},
-- n = {names}, w = {kind = name}}: values, the answers to opting out and to GDPR purposes (1 or 0), the names that came with
-- this one, and the user whose values these are, by the kind of identity that names the user.
-- `same` tells whether an encrypted value is the same; times are Unix seconds. `profiles:index` has each name with the time
-- of its last use and its size as one number; `profiles:bytes` has the sum of the sizes; `profiles:dropped` counts those that
-- were removed for want of room.
-- All functions are made by one, so that a script that needs none of them does not make them.
local PROFILES, INDEX, SUM, DROPPED = 'profiles:', 'profiles:index', 'profiles:bytes', 'profiles:dropped'

local function count_dropped(number)
  if number > 0 then redis.call('SET', DROPPED, tonumber(redis.call('GET', DROPPED) or 0) + number) end
end

local function profile_functions()
  local MOST_NAMES, MOST_LINKS, REACH, REFRESH_S, LAST = 16, 32, 200, 3600, 2 ^ 32

  -- What was seen in the future, because the clock was set back, was seen now: else it would outlast newer answers. Return
  -- whether there was any.
  local function settle_times(profile, seconds)
    local settled = false
    for _, members in ipairs({profile.v or {}, profile.g or {}, {profile.o}}) do
      for _, value in pairs(members) do
        if value[2] > seconds then value[2], value[3], settled = seconds, value[3] - value[2] + seconds, true end
      end
    end
    return settled
  end

  local function are_profile_values(values, first)
    if type(values) ~= 'table' then return false end
    for name, value in pairs(values) do
      if type(name) ~= 'string' or type(value) ~= 'table' or type(value[1]) ~= first then return false end
      if type(value[2]) ~= 'number' or type(value[3]) ~= 'number' then return false end
    end
    return true
  end

  -- Whether this is a profile as the scripts write it: what is not counts as absent, and fails no append.
  local function is_profile(profile)
    return type(profile) == 'table' and are_profile_values(profile.v or {}, 'string')
      and are_profile_values(profile.g or {}, 'number') and are_profile_values({o = profile.o}, 'number')
      and type(profile.n or {}) == 'table' and type(profile.w or {}) == 'table'
  end

  local function read_profile(name)
    local packed = redis.call('GET', PROFILES .. name)
    local is_read, profile = pcall(cmsgpack.unpack, packed or '')
    return is_read and is_profile(profile) and profile or {}, packed
  end

  local function bytes_of(score) return score % SIZE_RANGE end

  -- Remove what has expired; return the time when all of it has, and whether anything was changed.
  local function prune(profile, seconds)
    local last, pruned = 0, settle_times(profile, seconds)
    for _, members in ipairs({'v', 'g'}) do
      for name, value in pairs(profile[members] or {}) do
        if value[3] <= seconds then profile[members][name], pruned = nil, true else last = math.max(last, value[3]) end
      end
      if profile[members] and not next(profile[members]) then profile[members] = nil end
    end
    if profile.o and profile.o[3] <= seconds then profile.o, pruned = nil, true end
    if profile.o then last = math.max(last, profile.o[3]) end
    return last, pruned
  end

  -- An opt-out goes after all other profiles when memory is short.
  local function score_of(profile, seconds, size)
    local out = not profile.v and profile.o and profile.o[1] == 1
    return (seconds + (out and LAST or 0)) * SIZE_RANGE + size
  end

  -- The names that came together with these, directly and through others, nearest first.
  local function linked(names, profile_of)
    local found, known, at = {}, {}, 1
    for _, name in ipairs(names) do
      if not known[name] then found[#found + 1], known[name] = name, true end
    end
    while found[at] and #found < REACH do
      for _, name in ipairs(profile_of(found[at]).n or {}) do
        if not known[name] and #found < REACH then found[#found + 1], known[name] = name, true end
      end
      at = at + 1
    end
    return found
  end

  -- The answer under a name to a GDPR purpose, or to opting out without one; and whether an answer is a no.
  local function answer_of(profile, purpose)
    if purpose then return (profile.g or {})[purpose] end
    return profile.o
  end
  local function is_no(answer, purpose) return answer ~= nil and answer[1] == (purpose and 0 or 1) end

  local function newest(names, profile_of, purpose)
    local best
    for _, name in ipairs(names) do
      local answer = answer_of(profile_of(name), purpose)
      if answer and (not best or answer[2] > best[2] or (answer[2] == best[2] and is_no(answer, purpose))) then best = answer end
    end
    return best
  end

  -- Note which names came with this one; return whether one is new, and the earlier names for which there is no room.
  local function link(profile, names, own)
    local others, left = {}, {}
    for _, name in ipairs(names) do
      if name ~= own then others[#others + 1] = name end
    end
    local known = {}
    for _, name in ipairs(others) do known[name] = true end
    local new = #others
    for _, name in ipairs(profile.n or {}) do
      if known[name] then new = new - 1 elseif #others < MOST_LINKS then others[#others + 1] = name else left[#left + 1] = name end
    end
    profile.n = #others > 0 and others or nil
    return new > 0, left
  end

  local function check_update(update)
    if type(update) ~= 'table' or type(update.names) ~= 'table' or type(update.values) ~= 'table' then refuse('no profile') end
    if #update.names > MOST_NAMES or #update.names < 1 then refuse('profile names') end
    for _, name in ipairs(update.names) do check_text(name, 'profile name') end
    for _, name in ipairs(update.former or {}) do check_text(name, 'former profile name') end
    for _, value in ipairs(update.values) do
      if type(value) ~= 'table' then refuse('no profile value') end
      check_text(value[1], 'value name')
      check_text(value[2], 'value')
      check_whole(value[3], 'time to live')
      check_whole(value[4], 'age')
      check_text(value[5], 'digest')
      check_whole(value[6], 'is a first sight')
    end
    for _, name in ipairs({'opted_out', 'consented'}) do
      if update[name] then check_whole(update[name], name) end
    end
    check_text(update.purpose, 'purpose')
    if update.owner then check_text(update.owner, 'owner') end
    check_whole(update.answers_s, 'answers_s')
  end

  -- Note whose values a profile has; return whether that is new. Those of another user go, because the two share this name.
  local function set_owner(profile, kind, owner)
    local held = (profile.w or {})[kind]
    if held == owner then return false end
    if held then profile.v = nil end
    profile.w = profile.w or {}
    profile.w[kind] = owner
    return true
  end

  -- Set values; return whether that changes more than the time of one that was seen within the hour.
  local function set_values(profile, values, seconds)
    local changed = false
    for _, value in ipairs(values) do
      local name, text, seen, same = value[1], value[2], seconds - value[4], value[5]
      local expires, held = seen + value[3], (profile.v or {})[value[1]]
      local is_same = held and held[3] > seconds and held[4] == same and (same ~= '' or held[1] == text)
      local keep = is_same and (value[6] == 1 or (seen - held[2] < REFRESH_S and expires - held[3] < REFRESH_S))
      if not keep and expires > seconds and not (held and held[3] > seconds and held[2] > seen) then
        if held and held[2] == seen and is_same then expires = math.max(expires, held[3]) end
        profile.v = profile.v or {}
        profile.v[name], changed = {text, seen, expires, same}, true
      end
    end
    return changed
  end

  -- Note an answer under these names, unless they have a newer one; a no also removes the values under every name that
  -- came with one of them.
  local function set_answer(names, profile_of, touch, answer, purpose)
    local says_no = is_no(answer, purpose)
    for _, name in ipairs(says_no and linked(names, profile_of) or names) do
      local profile = profile_of(name)
      local held = answer_of(profile, purpose)
      local is_other = not held or held[1] ~= answer[1] or answer[2] - held[2] >= REFRESH_S or says_no and profile.v
      if is_other and (not held or held[2] <= answer[2]) then
        if says_no then profile.v = nil end
        if purpose then
          profile.g = profile.g or {}
          profile.g[purpose] = answer
        else
          profile.o = answer
        end
        touch(name)
      end
    end
  end

  -- Return whether the user did not say no, and whether they answered; a no that is known under some of these names only is
  -- noted under the others.
  local function allows(update, profile_of, touch, purpose)
    local names = {unpack(update.names)}
    for _, name in ipairs(update.former or {}) do names[#names + 1] = name end
    local answer = newest(names, profile_of, purpose)
    if not is_no(answer, purpose) then return true, answer ~= nil end
    for _, name in ipairs(update.names) do
      if not is_no(answer_of(profile_of(name), purpose), purpose) then
        set_answer(update.names, profile_of, touch, answer, purpose)
        break
      end
    end
    return false, true
  end

  -- Whether the user's newest answers permit to store values.
  local function may_store(update, profile_of, touch)
    local is_allowed, agreed = allows(update, profile_of, touch), true
    if update.purpose ~= '' then
      local is_consented, has_answered = allows(update, profile_of, touch, update.purpose)
      agreed = is_consented and has_answered
    end
    return is_allowed and agreed
  end

  -- Return what `write_profiles` writes for these updates, within the bound in bytes.
  local function plan_profiles(updates, most_bytes)
    local seconds = math.floor(now / 1000)
    local profiles, touched, order = {}, {}, {}
    for _, update in ipairs(updates) do check_update(update) end
    local function profile_of(name)
      if not profiles[name] then
        profiles[name] = read_profile(name)
        prune(profiles[name], seconds)
      end
      return profiles[name]
    end
    local function touch(name)
      if not touched[name] then touched[name], order[#order + 1] = true, name end
    end
    for _, update in ipairs(updates) do
      if update.opted_out then
        set_answer(update.names, profile_of, touch, {update.opted_out, seconds, seconds + update.answers_s})
      end
      if update.consented then
        local answer = {update.consented, seconds, seconds + update.answers_s}
        set_answer(update.names, profile_of, touch, answer, update.purpose)
      end
      if may_store(update, profile_of, touch) then
        for _, name in ipairs(update.names) do
          local profile, owner = profile_of(name), update.names[1]
          if update.owner and name ~= owner and next(update.values) and set_owner(profile, update.owner, owner) then touch(name) end
          if set_values(profile, update.values, seconds) then touch(name) end
        end
      end
      for _, name in ipairs(update.names) do
        local is_new, left = false, {}
        if profiles[name].v or touched[name] then is_new, left = link(profiles[name], update.names, name) end
        if is_new then touch(name) end
        -- A later no under this name would not reach them, so they keep no values.
        for _, other in ipairs(left) do
          if profile_of(other).v then
            profiles[other].v = nil
            touch(other)
          end
        end
      end
    end

    local held, writes, gone = tonumber(redis.call('GET', SUM) or 0), {}, {}
    for _, name in ipairs(order) do
      local profile = profiles[name]
      local last = prune(profile, seconds)
      local packed = last > seconds and cmsgpack.pack(profile) or ''
      local size = #packed + PROFILE_OVERHEAD
      held = held - bytes_of(tonumber(redis.call('ZSCORE', INDEX, name) or 0))
      if packed == '' or size >= SIZE_RANGE then
        gone[#gone + 1] = name
      else
        held = held + size
        writes[#writes + 1] = {name = name, packed = packed, last = last, score = score_of(profile, seconds, size)}
      end
    end
    local oldest = held > most_bytes and redis.call('ZRANGE', INDEX, 0, 4 * #writes + 20, 'WITHSCORES') or {}
    local expired = #gone
    local function make_room(first_score, below)
      for i = 1, #oldest, 2 do
        local score = tonumber(oldest[i + 1])
        if held <= most_bytes then return end
        if not touched[oldest[i]] and score >= first_score and score < below then
          gone[#gone + 1], held = oldest[i], held - bytes_of(score)
        end
      end
    end
    make_room(0, LAST * SIZE_RANGE)
    local kept = {}
    for _, write in ipairs(writes) do
      if held > most_bytes and write.score < LAST * SIZE_RANGE then
        gone[#gone + 1], held = write.name, held - bytes_of(write.score)
      else
        kept[#kept + 1] = write
      end
    end
    make_room(LAST * SIZE_RANGE, math.huge)
    writes = kept
    return {gone = gone, writes = writes, held = math.max(0, held), seconds = seconds, dropped = #gone - expired}
  end

  local function write_profiles(plan)
    if #plan.gone + #plan.writes == 0 then return end
    for _, name in ipairs(plan.gone) do
      redis.call('DEL', PROFILES .. name)
      redis.call('ZREM', INDEX, name)
    end
    for _, write in ipairs(plan.writes) do
      redis.call('SET', PROFILES .. write.name, write.packed, 'EX', write.last - plan.seconds)
      redis.call('ZADD', INDEX, write.score, write.name)
    end
    redis.call('SET', SUM, plan.held)
    count_dropped(plan.dropped)
  end

  return plan_profiles, write_profiles, read_profile, prune, settle_times, bytes_of, score_of
end
