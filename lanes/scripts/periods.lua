-- Days or hours of counts, each in a sorted set by the time when one of its counts last began.

-- Return the periods before `first_kept` in which no count began since `before`.
local function old_periods(index, before, first_kept)
  local old = {}
  for _, period in ipairs(redis.call('ZRANGEBYSCORE', index, '-inf', '(' .. before)) do
    if tonumber(period) < first_kept then old[#old + 1] = period end
  end
  return old
end
