-- needs: base, checks, hours, periods
-- Remove hourly counts that are old by their hour and by the time when one of their names last began. Returns how many.
-- ARGV[2]: connection; ARGV[3]: names must have begun before this time, ms; ARGV[4]: hours before this one
local connection, before = check_text(ARGV[2], 'connection'), check_whole(tonumber(ARGV[3]), 'time')
local old = old_periods('hours:' .. connection, before, check_whole(tonumber(ARGV[4]), 'hour'))
for _, hour in ipairs(old) do
  redis.call('DEL', hours_key(connection, hour))
  redis.call('ZREM', 'hours:' .. connection, hour)
end
return #old
