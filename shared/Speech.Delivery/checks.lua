-- Begins every script. Redis does not roll a script back, so what could fail is looked at before the first write; and what lies in Redis
-- may come from anybody.
--
-- A session or history that is none (of another type, with numbers that are none, or so large that the next would not be exact) was not
-- written by these scripts. It is removed, which the log of Redis says, and from there on counts as lost: gateways make a session anew
-- (restore_session.lua), and results go on with the number that is known.

local MOST_SEQ = 9e15 -- below 2^53: up to there Lua's numbers are exact
local MOST_SEGMENTS = 2147483647
local MOST_SEGMENTS_AT_OPENING = 2000000000 -- from there on a connection has room for more than it can send
local MOST_OUTSTANDING = 100000
local MOST_FIELDS_OF_SESSION = 1000000
local MOST_LIFE = 2592000 -- seconds
local LAST_ID = '18446744073709551615-18446744073709551615'
local SHORT_LIFE = 60 -- seconds, of a session without a single segment

local function type_of(key)
  return redis.call('TYPE', key).ok
end

local function is_of(kind, key)
  local found = type_of(key)
  return found == kind or found == 'none'
end

-- The number, from 0 to most, that a text of digits is; nil when it is none.
local function whole(text, most)
  local number = type(text) == 'string' and #text <= 16 and string.find(text, '^%d+$') and tonumber(text)
  return number and number <= most and number or nil
end

-- Seconds of audio; nil when the text is none (as to nan, no comparison holds). Only what .NET reads, too: Lua knows 0x10.
local function seconds(text)
  local number = type(text) == 'string' and string.find(text, '^%d+%.?%d*[eE]?[+-]?%d*$') and tonumber(text)
  return number and number >= 0 and number < 1e9 and number or nil
end

-- most_segments: how far it may have got; MOST_SEGMENTS when left out.
local function is_session(key, most_segments)
  local kind = type_of(key)
  if kind ~= 'hash' then
    return kind == 'none'
  end
  if redis.call('HLEN', key) > MOST_FIELDS_OF_SESSION then
    return false
  end
  local fields = redis.call('HMGET', key, 'segments', 'released', 'seq', 'committed')
  local segments, released = whole(fields[1], most_segments or MOST_SEGMENTS), whole(fields[2], MOST_SEGMENTS)
  if fields[1] or fields[2] then
    if not segments or not released or released > segments or segments - released > MOST_OUTSTANDING then
      return false
    end
  end
  return (not fields[3] or whole(fields[3], MOST_SEQ) ~= nil) and (not fields[4] or seconds(fields[4]) ~= nil)
end

-- The last id that a stream has given out; '0-0' when there is none.
local function last_id(key)
  local info = redis.call('XINFO', 'STREAM', key)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      return info[i + 1]
    end
  end
  return '0-0'
end

-- The number of the last result in a history, 0 when there is none; nil when it is no history.
local function last_seq(key)
  local kind = type_of(key)
  if kind ~= 'stream' then
    return kind == 'none' and 0 or nil
  end
  return whole(string.match(last_id(key), '^(%d+)-'), MOST_SEQ)
end

local function remove(key)
  redis.log(redis.LOG_WARNING, 'Speech: ' .. key .. ' is not what its name says, and is removed')
  redis.call('DEL', key)
end

-- The first of the commands, each a list, that the user may not run; nil when all are allowed, or an old Redis cannot tell.
local function forbidden(...)
  if redis.acl_check_cmd then
    for _, command in ipairs({ ... }) do
      if not redis.acl_check_cmd(unpack(command)) then
        return redis.error_reply('NOPERM this user has no permission to run ' .. command[1] .. ' on ' .. command[2] .. ', so nothing was changed')
      end
    end
  end
end

-- A time to live, up to 30 days; nil when the text is none.
local function life_of(text)
  local life = whole(text, MOST_LIFE)
  return life and life > 0 and life or nil
end

-- Puts off the end of what is known of a client, by seconds.
local function keep(session, history, life)
  if redis.call('HEXISTS', session, 'segments') == 0 and type_of(history) == 'none' then
    life = math.min(life, SHORT_LIFE)
  end
  redis.call('EXPIRE', session, life)
  redis.call('EXPIRE', history, life)
end
