-- Receipts of ended items: pieces that scripts append, and blocks that workers merge pieces into; both oldest first.
-- A piece has a place: the number of pieces that left the list before it, plus its index. A block has the place of its
-- first piece. Nothing here reads ids or facts; `lanes/receipts/blocks.py` describes both layouts.

local PIECE_HEADER, PIECE_OVERHEAD = 12, 32
local RECEIPT_ID = 8

-- Check the receipts of one script: {number, budget in bytes, archive: the archive's budget where there is one}, and
-- their piece, which begins with what only the archive gets; nil where none are kept.
local function check_receipts(described, piece)
  if type(described) ~= 'table' then refuse('receipts') end
  local number, budget = check_whole(described.number, 'receipts.number'), check_whole(described.budget, 'receipts.budget')
  local archive = described.archive and check_whole(described.archive, 'receipts.archive', 1)
  if number == 0 or (budget == 0 and not archive) then return nil end
  local ids = number * ((archive and ARCHIVED_ID or 0) + RECEIPT_ID)
  if #check_text(piece, 'receipts') < ids then refuse('receipts are fewer than their number') end
  if not archive then return {number = number, budget = budget, piece = piece} end
  local digests, own = string.sub(piece, 1, number * ARCHIVED_ID), string.sub(piece, number * ARCHIVED_ID + 1)
  local archived = digests .. string.sub(piece, ids + 1)
  return {number = number, budget = budget, piece = own, archive = archive, archived = archived}
end

-- Return the parts of a block's entry in the list: its place, receipts, bytes of memory and the time of its newest.
local function block_of(entry)
  local place, number, bytes, newest = string.match(entry, '^(%d+):(%d+):(%d+):(%d+)$')
  return place, tonumber(number), tonumber(bytes), tonumber(newest)
end

local function forget_receipts(number, bytes, newest)
  raise_counters('receipts:kept', {receipts = -number, bytes = -bytes})
  redis.call('HSET', 'receipts:kept', 'since', newest)
end

-- Remove the oldest receipts until all take at most `budget` bytes.
local function trim_receipts(budget)
  while tonumber(redis.call('HGET', 'receipts:kept', 'bytes') or 0) > budget do
    local block = redis.call('LINDEX', 'receipts:blocks', 0)
    local piece = not block and redis.call('LINDEX', 'receipts:pieces', 0)
    if block then
      local place, number, bytes, newest = block_of(block)
      redis.call('DEL', 'receipts:block:' .. place)
      redis.call('LTRIM', 'receipts:blocks', 1, -1)
      forget_receipts(number, bytes, newest)
    elseif piece then
      local newest, number = receipts_in(piece)
      redis.call('LTRIM', 'receipts:pieces', 1, -1)
      redis.call('HINCRBY', 'receipts:kept', 'left', 1)
      redis.call('HINCRBY', 'receipts:kept', 'pieces', -#piece - PIECE_OVERHEAD)
      forget_receipts(number, #piece + PIECE_OVERHEAD, newest)
    else
      redis.call('HSET', 'receipts:kept', 'bytes', 0)
    end
  end
end

-- Append receipts that were checked, dated now; without any, do nothing.
local function keep_receipts(receipts)
  if not receipts then return end
  if receipts.archive then keep_for_archive(receipts.archived, receipts.number, receipts.archive) end
  if receipts.budget == 0 then return end
  redis.call('RPUSH', 'receipts:pieces', struct.pack('>I8I4', now, receipts.number) .. receipts.piece)
  redis.call('HSETNX', 'receipts:kept', 'since', now)
  local bytes = #receipts.piece + PIECE_HEADER + PIECE_OVERHEAD
  raise_counters('receipts:kept', {receipts = receipts.number, bytes = bytes, pieces = bytes})
  trim_receipts(receipts.budget)
end
