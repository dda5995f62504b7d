-- Checks of a script's arguments; all of them come before its first write.

local function refuse(why) error('INVALID ' .. why, 0) end

-- A whole number that Redis takes and Lua holds exactly; `name` is its name within `what`.
local function check_whole(value, what, least, name)
  if type(value) ~= 'number' or value ~= math.floor(value) or value < (least or 0) or value > 2 ^ 53 then
    refuse(what .. (name and '.' .. name or '') .. ' is no whole number from ' .. (least or 0))
  end
  return value
end

local function check_text(value, what)
  if type(value) ~= 'string' then refuse(what .. ' is no text') end
  return value
end

local function check_counts(counts, what)
  if type(counts) ~= 'table' then refuse(what .. ' are no counts') end
  for name, count in pairs(counts) do
    if type(name) == 'table' then refuse(what .. ' has no names') end
    check_whole(count, what, -2 ^ 53, name)
  end
end
